"""Is this installation fit to track mail? Checks that an operator runs by hand, each with its remedy.

check       what a check tells
asking      one bounded HTTP request, and what came of it
public      what the public address answers
local       the keys and the fold on this machine
links       where the links of a campaign lead
"""

from mailpixel.checkup.check import Check, Grade
from mailpixel.checkup.links import check_links
from mailpixel.checkup.local import check_fold, check_key_file
from mailpixel.checkup.public import check_public

__all__ = ["Check", "Grade", "check_fold", "check_key_file", "check_links", "check_public"]
