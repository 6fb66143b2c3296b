"""Runs every consumer of the log side by side: this is what `mailpixel work` does.

tasks            lists the consumers
task             what a consumer at work must offer
side_by_side     runs them
problems         logs their failures
folding          the fold, by the rules in force
news_reader      a consumer that acts on each message with news
"""
