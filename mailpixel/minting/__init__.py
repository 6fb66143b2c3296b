"""Links for whole lists: read, signed on all cores and written, in flat memory; an interrupted run goes on.

`run.py` mints a list, `part_file.py` keeps the file that is not whole yet. What a list and a row look like is pure and
stands in `mailpixel.links.lists`.
"""
