"""Links for whole lists: read, signed on all cores and written, in flat memory. An interrupted run can be resumed.

`run.py` mints a list, `part_file.py` keeps the unfinished file, `results.py` keeps lists until they are fetched,
`list_job.py` signs one of them while somebody watches, `people_of_file.py` reads what people said.
The format of lists and rows is pure code in `mailpixel.links.lists`.
"""
