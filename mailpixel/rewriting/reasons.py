"""Why links and parts of a message were left alone, in the words that people read at every door."""

from collections.abc import Mapping

from mailpixel.links.parts.skipped import SkipCause
from mailpixel.links.splicing.link_policy import Reason

LINK_WORDS: Mapping[Reason, str] = {
    Reason.TRACKED: "already tracked",
    Reason.CONDITIONAL: "only classic Outlook reads it",
    Reason.EMPTY: "it has no address",
    Reason.FOREIGN: "in SVG or MathML",
    Reason.FRAGMENT: "a place in the mail itself",
    Reason.MALFORMED: "a browser would refuse it",
    Reason.NO_TRACK: "marked in the template",
    Reason.RELATIVE: "no http:// or https:// in front",
    Reason.SCHEME: "mailto, tel and others",
    Reason.SHOWN: "the text shows another domain",
    Reason.TEMPLATE: "a field to be filled in later",
    Reason.UNMEASURED: "the clicks of this recipient are not recorded",
    Reason.UNSAFE: "a user name, a backslash or a control character",
    Reason.UNSUBSCRIBE: "an unsubscribe link",
}
"""Why a link was left alone."""

PART_WORDS: Mapping[SkipCause, str] = {
    SkipCause.AMP: "AMP for e-mail",
    SkipCause.ATTACHMENT: "an attached file",
    SkipCause.CALENDAR: "an invitation",
    SkipCause.DKIM: "already signed; sign after tracking instead",
    SkipCause.ENCODING: "unknown, or the content does not match it",
    SkipCause.ENCRYPTED: "encrypted or opaquely signed",
    SkipCause.FAILED: "the change would have altered other bytes too",
    SkipCause.FLOWED: "spaces break its URLs",
    SkipCause.LIST_POST: "mail of a discussion list",
    SkipCause.MALFORMED: "programs disagree on where its parts are",
    SkipCause.MESSAGE: "a forwarded mail",
    SkipCause.NO_BODY: "it ends with its headers",
    SkipCause.NO_HTML: "no HTML part, so no pixel",
    SkipCause.PGP: "signed or encrypted text",
    SkipCause.RESOURCE: "another part refers to it; readers see that one",
    SkipCause.SIGNED: "signed by the sender",
}
"""Why a part of a message, or the whole message, was left alone."""
