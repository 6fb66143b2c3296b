"""Is this installation fit to track mail? Checks that an operator runs by hand, each with its remedy.

public     which public addresses there are, and what they answer
arrivals   what arrives in the log through them
inbound    the sources of delivery reports
mails      the campaigns whose mail is kept
retention  whether what is past its time is removed
local      the keys, the rights of files and the fold on this machine; what a check is
webhooks   whether the receivers of webhooks answer
links      where the links of a campaign lead
following  a link followed as browsers do, to public addresses only
http       one bounded HTTP request, and its answer
"""

from mailpixel.doctor.arrivals import LATEST, check_addresses, check_head, check_salts
from mailpixel.doctor.inbound import check_inbound
from mailpixel.doctor.links import check_links
from mailpixel.doctor.local import (
    Check,
    Grade,
    check_erasures,
    check_fold,
    check_key_file,
    check_put_aside,
    check_replaced,
    check_rights,
    check_rules,
    check_spool,
    check_stored,
    check_suppressed,
    failed,
)
from mailpixel.doctor.mails import check_mails
from mailpixel.doctor.public import Address, addresses, check_public
from mailpixel.doctor.retention import check_retention
from mailpixel.doctor.webhooks import check_webhooks

__all__ = [
    "LATEST",
    "Address",
    "Check",
    "Grade",
    "addresses",
    "check_addresses",
    "check_erasures",
    "check_fold",
    "check_head",
    "check_inbound",
    "check_key_file",
    "check_links",
    "check_mails",
    "check_public",
    "check_put_aside",
    "check_replaced",
    "check_retention",
    "check_rights",
    "check_rules",
    "check_salts",
    "check_spool",
    "check_stored",
    "check_suppressed",
    "check_webhooks",
    "failed",
]
