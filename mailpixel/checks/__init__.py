"""Whether what is stored fits together: the file, the log, what was folded of it, counters and consents.

| file | holds |
|---|---|
| findings.py | the kinds of differences, what each means, and what to do |
| messages.py | states of messages beside their events |
| sites.py | visits and orders beside their events |
| opened.py | the check of a data folder |
| checking.py | all checks in order |
| repairing.py | making the later from the earlier again |
"""
