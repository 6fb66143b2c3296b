"""Marks by which a link asks not to be tracked: our own, and those of other trackers, since templates keep theirs."""

from collections.abc import Mapping

_NO = frozenset({"false", "0", "no", "off"})

_MARKS: Mapping[str, frozenset[str] | None] = {
    "data-no-track": None,
    "data-notrack": None,
    "notrack": None,
    "no-track": None,
    "nottracked": None,
    "ses:no-track": None,
    "data-pm-no-track": None,
    "mc:disable-tracking": None,
    "disable-tracking": None,
    "data-disable-tracking": None,
    "mautic:disable-tracking": None,
    "mautic:disable:tracking": None,
    "data-mautic-disable-tracking": None,
    "cm_dontconvertlink": None,
    "mb_dontconvertlink": None,
    "clicktracking": _NO,
    "data-clicktracking": _NO,
    "data-click-tracking": _NO,
    "data-msys-clicktrack": _NO,
    "autotrack": _NO,
    "data-track": _NO,
    "data-tracking": _NO,
}
"""Attribute names in lower case, with the values that ask; None where the attribute alone asks unless it says no.

Source, read 2026-11: Braze documentation, "Click tracking" (SendGrid `clicktracking=off`, SparkPost
`data-msys-clicktrack="0"`, Amazon SES `ses:no-track`); Postmark, "Tracking links" (`data-pm-no-track`); Mandrill
(`mc:disable-tracking`); Mailgun, "Tracking messages" (`disable-tracking=true`); Mautic user documentation, "Emails"
(`data-mautic-disable-tracking`, before version 7 `mautic:disable-tracking`); Campaign Monitor (`cm_dontconvertlink`,
2007 `mb_dontconvertlink`); MessageGears support 115002184768 (`autotrack="false"`); Keap (`nottracked`).
`data-notrack`, `data-track="false"` and the like are what senders write by hand.
"""

_CLASSES = frozenset({"untracked", "mktNoTrack", "mktnotrack", "inf-track-no"})
"""Classes that ask. Source, read 2026-11: Customer.io, "Link tracking" (`untracked`); Marketo community,
message 102269 (`mktNoTrack`); Keap help center (`inf-track-no`)."""

_NAMES = frozenset(_MARKS)


def is_marked(attributes: Mapping[str, object]) -> bool:
    """Whether an element's attributes (names in lower case, as a parser gives them) ask not to track its link.

    `data-no-track="false"` does not ask.
    """
    if "class" in attributes and _is_classed(attributes["class"]):
        return True
    if _NAMES.isdisjoint(attributes):  # nearly always
        return False
    return any(_asks(name, attributes[name]) for name in attributes if name in _NAMES)


def _is_classed(value: object) -> bool:
    words = value if isinstance(value, list) else str(value or "").split()
    return not _CLASSES.isdisjoint(words)


def _asks(name: str, value: object) -> bool:
    written = str(value or "").strip().lower()
    asking = _MARKS[name]
    return written not in _NO if asking is None else written in asking
