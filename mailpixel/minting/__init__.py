"""Links for whole lists: read, signed on all cores and written, in flat memory. An interrupted run can be resumed.

`run.py` mints a list, `part_file.py` keeps the unfinished file. The format of lists and rows is pure
code in `mailpixel.links.lists`.
"""
