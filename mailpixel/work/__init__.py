"""Runs every consumer of the log side by side: this is what `mailpixel work` does.

consumers           lists them
expanding           moves spooled hits into the log
consumer_at_work    what a consumer must offer to be run here
side_by_side        runs them
traced              traces the turns of one
problems            logs their failures
erasures            finishes erasures that were held up
retention           removes what is past its time
folding             the fold, by the rules in force
site_folding        the fold of web sites, by the same rules
"""
