"""Which destinations may be tracked, and the one reason why another is left alone.

Pure and cheap: every link of every template passes here. `destination.check_destination` is the strict gate when a
destination is registered; this is the non-raising judgement made while rewriting, and it never lets through what the
gate refuses.
"""

import re
from collections.abc import Callable
from enum import StrEnum

import can_ada

LONGEST_DESTINATION_BYTES = 65_536
"""Destinations longer than this in UTF-8 are left alone."""


class Reason(StrEnum):
    """Why a link is left as it stands. The set is closed: reports count by it."""

    EMPTY = "empty"
    FRAGMENT = "fragment"
    """`#place`: inside the mail itself."""
    SCHEME = "scheme"
    """Anything but http and https: mailto, tel, sms, cid, data, javascript."""
    RELATIVE = "relative"
    """No scheme, or `//host`: a mail has no address of its own to resolve it against."""
    TEMPLATE = "template"
    """Holds a token that somebody else fills in later, so the destination is not known yet."""
    MALFORMED = "malformed"
    """A browser refuses it, or different programs read it differently."""
    UNSAFE = "unsafe"
    """User name or password, backslash or control character."""
    UNSUBSCRIBE = "unsubscribe"
    """Leaving the list must never depend on us."""
    NO_TRACK = "no-track"
    """The element carries `data-no-track`."""
    TRACKED = "tracked"
    """Already ours."""
    FOREIGN = "foreign"
    """A link of SVG or MathML."""
    CONDITIONAL = "conditional"
    """Inside `<!--[if ...]>`, which only classic Outlook reads."""


_OUTER = "".join(map(chr, range(33)))
_INNER = {ord(letter): None for letter in "\t\n\r"}

# Lengths are bounded, so that a text of nothing but openings costs no more than its length.
_TOKEN = re.compile(
    r"\{\{|\{%|\{\$|\{[A-Za-z_]\w{0,99}\.[\w.]{1,99}\}"  # {{x}} {{{x}}} {% x %} {$x} {a.b}
    r"|\*\|[^|]{1,500}\|\*|%%[^%]{1,500}%%|%\(\w{1,99}\)[a-z]"  # *|x|* %%x%% %(x)s
    r"|%(?![0-9A-Fa-f]{2})[A-Za-z_][\w.-]{0,99}%"  # %x.y%, told from two escapes: either % must not begin one
    r"|%[A-Za-z_][\w.-]{0,99}%(?![0-9A-Fa-f]{2})"
    r"|\[\[[^\[\]]{1,500}\]\]|\$\{[^{}]{1,500}\}|#\{[^{}]{1,500}\}|<%|<\?"  # [[x]] ${x} #{x} <% x %> <? x ?>
)
_WHOLE_TOKEN = re.compile(r"-\w[\w.]*-|\[[^\[\]]+\]")
_FRAGMENT = re.compile(r"#(?!\{[^{}]+\})")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HTTP = re.compile(r"https?://[^/\\?#]", re.IGNORECASE)
_USERINFO = re.compile(r"[^/]*//[^/?#]*@")
_UNSAFE_LETTER = re.compile("[\\\\\x00-\x1f\x7f-\x9f]")
_UNSUBSCRIBE = re.compile(r"unsubscribe|opt-out|/unsub", re.IGNORECASE)
_TOKENS_FIRST = ("{{", "{%")
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][A-Za-z0-9/?#=&_.~+:,;!-]*)?")


def destination_of(href: str) -> str:
    """The URL a browser starts from: no control characters or spaces at the ends, no tab or line break inside.

    Source: URL Standard, basic URL parser, steps 1 to 3 (read 2026-11).
    """
    url = href.strip(_OUTER)
    return url if url.isprintable() else url.translate(_INNER)


def holds_token(text: str) -> bool:
    """True when a template token stands somewhere in the text, or is all of it."""
    return _TOKEN.search(text) is not None or _WHOLE_TOKEN.fullmatch(text) is not None


def token_spans(text: str) -> list[tuple[int, int]]:
    """Where the template tokens of a text stand, in order; an opening without its end covers the two letters."""
    return [match.span() for match in _SPANNED_TOKEN.finditer(text)]


_SPANNED_TOKEN = re.compile(
    r"\{\{[^\n]{0,500}?\}\}+|\{%[^\n]{0,500}?%\}|<%[^\n]{0,500}?%>|<\?[^\n]{0,500}?\?>|\{\$[^\n}]{0,99}\}|"
    + _TOKEN.pattern
)


def _other_scheme(url: str) -> bool:
    match = _SCHEME.match(url)
    return match is not None and match[1].lower() not in ("http", "https")


def _refused(url: str) -> bool:
    if "<" in url or not _HTTP.match(url) or len(url) > LONGEST_DESTINATION_BYTES:
        return True
    try:
        return not can_ada.can_parse(url) or len(url.encode()) > LONGEST_DESTINATION_BYTES
    except (TypeError, UnicodeError):  # a lone surrogate
        return True


_RULES: tuple[tuple[Reason, Callable[[str], object]], ...] = (
    (Reason.EMPTY, lambda url: not url),
    (Reason.FRAGMENT, _FRAGMENT.match),
    (Reason.SCHEME, _other_scheme),
    (Reason.TEMPLATE, holds_token),
    (Reason.RELATIVE, lambda url: not _SCHEME.match(url)),
    (Reason.MALFORMED, _refused),
    (Reason.UNSAFE, lambda url: _UNSAFE_LETTER.search(url) or _USERINFO.match(url)),
    (Reason.UNSUBSCRIBE, _UNSUBSCRIBE.search),
)
"""First match wins."""


def why_not(url: str) -> Reason | None:
    """The reason to leave a destination alone that the URL itself gives; None when it may be tracked.

    `url` comes from `destination_of`. Reasons that need the element or the options are not given here.
    """
    if url.startswith(_TOKENS_FIRST):
        return Reason.TEMPLATE
    if _PLAIN.fullmatch(url) and can_ada.can_parse(url) and len(url) <= LONGEST_DESTINATION_BYTES:
        return Reason.UNSUBSCRIBE if _UNSUBSCRIBE.search(url) else None
    for reason, holds in _RULES:
        if holds(url):
            return reason
    return None
