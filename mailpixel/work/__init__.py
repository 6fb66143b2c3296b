"""Runs every consumer of the log side by side: what `mailpixel work` does.

tasks            lists the consumers
task             what a consumer at work has to offer
side_by_side     runs them; problems: logs what one of them fails by
folding          the fold, by the rules in force
news_reader      a consumer that does something with each message that has news
"""
