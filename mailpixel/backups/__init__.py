"""Backups of a data folder: made while the service runs, checked, and put back without losing what people refused.

| file | holds |
|---|---|
| contents.py | what a backup consists of, its list of contents, and whether it is as it was written |
| taking.py | making a backup |
| restoring.py | putting a backup into a data folder |
| exchanging.py | whether nobody uses a database, and putting another in its place |
| joining.py | the keys and the erasures of a backup together with those that are here |
"""
