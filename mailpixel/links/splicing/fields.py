"""Fields of templates in a URL: `{{ id }}`, `*|ID|*`, `[subscriber:email]`, something that an engine fills in later.

A URL with a field is no destination yet: tracked, it would lead every reader to the field itself. What is certain is
left alone (`Fields.holds`): fields in double or unusual brackets wherever they stand, fields that say where they come
from (`{contactfield=email}`), a bracketed name that is the whole of a parameter's value, and whatever stands in the
brackets of the sender's own merge tag. What only resembles a field (`/{id}/`) is tracked, and `resembles` finds it.

Percent-encoded spellings count, too. Encoded braces alone count where there is a merge tag: without one, the mail has
been filled in already, and `%7B…%7D` is a value.

Source: the merge fields of the ESPs named in the tests (collected 2026-11).
"""

import re
from functools import lru_cache
from urllib.parse import unquote

# Lengths are bounded, so that a text of nothing but openings costs no more than its length.
_NAME = r"[A-Za-z_][^\[\]{}()<>\"'`\\/?&#~@$%*\x00]{0,99}"
_TOKENS = (
    r"\{\{|\{%(?!2[027]|[57][BbDd])"  # {{x}} {{{x}}} {% x %}, and no JSON that begins {%22
    r"|\{[$!@][A-Za-z_(]|\{[A-Za-z_]\w{0,99}\.[\w.]{1,99}\}"  # {$x} {!a.b} {a.b}
    r"|\*\|[^|]{1,500}\|\*|%%[^%]{1,500}%%|%\(\w{1,99}\)[a-z]"  # *|x|* %%x%% %(x)s
    r"|%(?![0-9A-Fa-f]{2})[A-Za-z_][\w.-]{0,99}%"  # %x.y%, which two escapes are not: either % must not begin one
    r"|%[A-Za-z_][\w.-]{0,99}%(?![0-9A-Fa-f]{2})"
    r"|\[\[[^\[\]\"'0-9-][^\[\]]{0,500}\]\]|\$\{[^{}]{1,500}\}|#\{[^{}]{1,500}\}|@\{[^{}]{1,500}\}|<%|<\?"
    rf"|\$\[[^\[\]]{{1,500}}\]\$|\(\(\s?{_NAME}\)\)|##{_NAME}##|@@{_NAME}@@|<<{_NAME}>>"  # $[x]$ ((x)) ##x##
    r"|#[A-Za-z_]\w{0,99}[:.][\w.:-]{1,99}#|~[A-Za-z_]\w{0,99}\.[\w.]{1,99}~"  # #pf:name# ~Contact.Email~
    r"|\{(?!\w{1,99}:[-\d{\[])[A-Za-z_][\w -]{0,99}[:=|][^{}\"'&,\x00]{0,99}\}"  # {contactfield=x} {subscriber:x}
    r"|(?<![\w\]/])\[(?!\w{1,99}:[-\d{\[])[A-Za-z_][\w -]{0,99}[:=|][^\[\]\"'&\x00]{0,99}\]"  # [subscriber:email]
    r"|(?<=[^/:]/)\[[A-Za-z_][\w -]{0,99}[:=|][^\[\]\"'&\x00]{0,99}\]"  # and in a path, but no IPv6 host
)
# JSON, a GUID and a range are values, whatever stands around them.
_VALUE = r"(?:true|false|null)\s?[\]}]|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-|\w{1,99}:[-\d]|[^\]}]{0,99}[ +]TO[ +]"
_WHOLE = rf"(?!{_VALUE})(?:{_NAME})"
_BRACKETED = "|".join(
    f"{opening}{space}{_WHOLE}{closing}"
    for opening, space, closing in (
        (r"\[", r"(?=\s?)\s?", r"\]"),
        (r"\{", r"\s?", r"\}"),
        ("~", "", "~"),
        ("@", "", "@"),
        (r"\$", "", r"\$"),
        ("#", "", "#"),
        ("<", "", ">"),
    )
)
_TOKEN = re.compile(_TOKENS)
_FIELD = re.compile(rf"{_TOKENS}|(?<=[=?&;])(?:{_BRACKETED})(?=[&;#]|$)")
_WHOLE_FIELD = re.compile(rf"-\w[\w.]*-|\[[^\[\]]+\]|{_BRACKETED}")
# Spellings in escapes that the decoded text would not show, or not safely.
_ESCAPED_FIELD = re.compile(
    r"%25%25[^%]{1,100}%25%25|(?<=[=?&;])%25[A-Za-z_][\w.-]{0,99}%25(?=[&;#]|$)"
    r"|(?:\$|#|@|%24|%23|%40)%7B[A-Za-z_][^{}%]{0,99}%7D|(?:<|%3C)%25.{1,200}?%25(?:>|%3E)"
    r"|%7B[A-Za-z_][\w -]{0,99}(?:[:=|]|%3A|%3D|%7C)(?![-\d%])[^{}\"'&%]{0,99}%7D|%7B(?-i:[A-Z][A-Z_]{2,99})%7D"
    r"|(?<=[=?&;])%3C[A-Za-z_]\w{0,99}%3E(?=[&;#]|$)|%3C%3C[A-Za-z_]\w{0,99}%3E%3E",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"%(5B|5D|7C|7E|40|24|23|28|29|20|22|27|3A|3D|2A|2C|2E|26|3F|2F)", re.IGNORECASE)
_BRACES = re.compile("%7(?:(B)(?!%[0-9A-F]{2})|(D))", re.IGNORECASE)
_RESEMBLING = re.compile(
    rf"(?<!\w)\{{(?!{_VALUE})[A-Za-z_][^{{}}\"']{{0,99}}\}}"
    rf"|(?<![\w\]])(?<!//)\[(?!{_VALUE})[A-Za-z_][^\[\]\"']{{0,99}}\]"
    r"|(?<=[=/])([~@$*|!^])[A-Za-z_][\w .:-]{0,99}\1(?=[/?&;#]|$)"
    r"|(?<=[=/])(?:_{1,2}|-)[A-Z][A-Z_]{1,99}(?:_{1,2}|-)(?=[/?&;#]|$)"
    r"|(?<==)\$[A-Za-z_]\w{0,99}(?=[&;#]|$)"
)
_BRACKET = re.compile(r"[\[{~@$*|!^]|%[2457]|__|=-")
_SPANNED = re.compile(
    r"\{\{[^\n]{0,500}?\}\}+|\{%[^\n]{0,500}?%\}|<%[^\n]{0,500}?%>|<\?[^\n]{0,500}?\?>|\{\$[^\n}]{0,99}\}|"
    + _TOKENS
)


def holds_token(text: str) -> bool:
    """True when a field stands somewhere in a URL or a parameter's value, or is all of it; see above for what is
    certain without knowing the sender's merge tag."""
    return Fields().holds(text)


def token_spans(text: str) -> list[tuple[int, int]]:
    """Where the fields of a text stand, in order; an opening without its end covers the two letters."""
    return [match.span() for match in _SPANNED.finditer(text)]


def resembles(url: str) -> bool:
    """True when something in a URL that holds no certain field looks like one all the same."""
    if _BRACKET.search(url) is None:  # nearly always; so most cost nothing slow
        return False
    return _RESEMBLING.search(_decoded(url, True) if "%" in url else url) is not None


class Fields:
    """What is certainly a field, for a sender whose own field is `merge_tag` (empty: none is known)."""

    __slots__ = ("_merging", "style")

    def __init__(self, merge_tag: str = "") -> None:
        self._merging = bool(merge_tag)
        self.style = style_of(merge_tag) if merge_tag else None

    def holds(self, text: str) -> bool:
        """Whether a field stands in the text, or is all of it."""
        if _FIELD.search(text) or _WHOLE_FIELD.fullmatch(text) or self.styled(text):
            return True
        if "%" not in text:
            return False
        decoded = _decoded(text, self._merging)
        found = _ESCAPED_FIELD.search(text) or _FIELD.search(decoded) or _WHOLE_FIELD.fullmatch(decoded)
        return found is not None

    def styled(self, text: str) -> bool:
        """Whether a field of the merge tag's own style stands in the text, as it is or percent-encoded."""
        if self.style is None:
            return False
        return self.style.search(text) is not None or (
            "%" in text and self.style.search(unquote(text)) is not None
        )


@lru_cache(maxsize=64)
def fields_of(merge_tag: str) -> Fields:
    """Those of a sender with this merge tag, made once."""
    return Fields(merge_tag)


def _decoded(text: str, braces: bool) -> str:
    """The text with those escapes decoded that may be part of a field."""
    text = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
    return _BRACES.sub(lambda escape: "{" if escape[1] else "}", text) if braces else text


_OPENING = re.compile(r"\s*([^\w\s\"']+|_+)")
_CLOSING = re.compile(r"([^\w\s\"')]+|\)\)|_+)\s*$")
_WORDY = frozenset("-_.:~")


@lru_cache(maxsize=64)
def style_of(tag: str) -> re.Pattern[str]:
    """What finds fields written as this merge tag is: a name between its opening and its closing, and the tag itself.

    `[mp]` finds `[email]`, and not `[0]`; `-mp-` only where nothing else is glued on, as hyphens are in every path.
    """
    opening, closing = _OPENING.match(tag), _CLOSING.search(tag)
    if opening is None:
        return re.compile(rf"(?<!\w){re.escape(tag)}(?!\w)")
    begin = re.escape(opening[1])
    end = re.escape(closing[1]) if closing and closing.start() >= opening.end() else ""
    inner = (
        r"\s?[A-Za-z_/#.&^>][^\n]{0,200}?"
        if len(opening[1]) > 1
        else r"\s?[A-Za-z_][^\[\]{}<>\"'&/?\n]{0,200}?"
    )
    if opening[1] == "%":  # and no escape
        inner = r"(?![0-9A-Fa-f]{2})[A-Za-z_][\w.-]{0,99}"
    inner = rf"(?!{_VALUE}){inner}"
    if _WORDY.issuperset(opening[1]) or not end:
        begin, inner = rf"(?<![^=/?&#;]){begin}", r"[A-Za-z_][\w.]{0,99}"
        end = rf"{end}(?![^/?&#;])" if end else ""
    return re.compile(rf"{re.escape(tag)}|{begin}{inner}{end}")
