"""The spool: answered hits in files that only grow, on disk after one write, and moved into the log a moment later.

| file | holds |
|---|---|
| frames.py | what one write looks like in a file, and how whole writes are found again behind damage |
| records.py | events as the content of a write, and back |
| files.py | the files of the spool: names, listing, whether their writer is gone, overwriting |
| writer.py | writes hits of one process into files of its own |
| reading.py | reads what is new in a file, and says what is damaged |
| expanding.py | moves what is new into the log, in order and exactly once; waits until that is done |
| state.py | bytes, age and damage, for operators |
"""
