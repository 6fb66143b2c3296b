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
# JSON, a list, a GUID and a range are values, whatever stands around them.
_VALUE = (
    r"(?:true|false|null)\s?[\]},]|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-|\w{1,99}:[-\d]"
    r"|[^\]}&@$~]{0,99}(?:[ +]|%20)TO(?:[ +]|%20)|[\w .-]{1,99},(?! ?\w{1,30}=)"
)
_MARKED = "|".join(  # {~x~} {!! $x !!} [*x*] [$x$]
    rf"{opening}{mark} ?[A-Za-z_$][^\[\]{{}}\x00]{{0,99}}{mark}{closing}"
    for opening, closing in ((r"\[", r"\]"), (r"\{", r"\}"))
    for mark in ("~", "!!", r"\|", r"\*", "#", r"\$")
)
_TOKENS = (
    r"\{\{|\{%(?![0-9A-Fa-f]{2})|\{%[^{}\x00]{0,500}%\}"  # {{x}} {{{x}}} {% x %}, and no JSON that begins {%22
    r"|\{[$!@][A-Za-z_(]|\{[A-Za-z_]\w{0,99}\.[\w.]{1,99}\}"  # {$x} {!a.b} {a.b}
    r"|\*\|[^|]{1,500}\|\*|%%[^%]{1,500}%%|%\(\w{1,99}\)[a-z]|%\{[A-Za-z_][^{}\x00]{0,99}\}"  # *|x|* %%x%% %(x)s %{x}
    # %x.y% %x|UPPER% %x:y%, which two escapes are not: either % must not begin one
    r"|%(?![0-9A-Fa-f]{2})[A-Za-z_][\w.-]{0,99}(?:[:|][\w.:| -]{0,99})?%"
    r"|%[A-Za-z_][\w.-]{0,99}(?:[:|][\w.:| -]{0,99})?%(?![0-9A-Fa-f]{2})"
    r"|\[\[[^\[\]\"'0-9-][^\[\]]{0,500}\]\]|\$\{[^{}]{1,500}\}|#\{[^{}]{1,500}\}|@\{[^{}]{1,500}\}|<%|<\?"
    rf"|\$\[[^\[\]]{{1,500}}\]\$|\(\(\s?{_NAME}(?:\?\?[^()&\x00]{{0,99}})?\)\)"  # $[x]$ ((x))
    rf"|##{_NAME}##|@@{_NAME}@@|<<{_NAME}>>|\$\${_NAME}\$\$|~~[A-Za-z_][^~/?#&\x00]{{0,199}}~~"
    r"|#[A-Za-z_]\w{0,99}[:.][\w.:|, -]{1,99}#|~[A-Za-z_]\w{0,99}\.[\w.]{1,99}~"  # #pf:name# ~Contact.Email~
    r"|\{(?!\w{1,99}:[-\d{\[])[A-Za-z_][\w -]{0,99}[:=|][^{}\"'&,\x00]{0,99}\}"  # {contactfield=x} {subscriber:x}
    r"|(?<![\w\]/])\[(?!\w{1,99}:[-\d{\[])[A-Za-z_][\w -]{0,99}[:=|][^\[\]\"'&\x00]{0,99}\]"  # [subscriber:email]
    r"|(?<=[^/:]/)\[[A-Za-z_][\w -]{0,99}[:=|][^\[\]\"'&\x00]{0,99}\]"  # and in a path, but no IPv6 host
    r"|\[% ?[A-Za-z_][^\[\]\x00]{0,99}%\]|\[%(?![0-9A-Fa-f]{2})[A-Za-z_][\w.:-]{0,99}\]"  # [% x %] [%x]
    r"|\$[A-Za-z_]\w{0,99}\([^$\x00]{0,199}\)\$|\{[A-Za-z_]\w{0,99}\((?!\w{1,99}:)[^{}\x00]{0,199}\)\}"  # $f(x)$ {f(x)}
    rf"|\$!\{{[A-Za-z_]|{_MARKED}"
    # where a host stands nothing else has these letters: http://$unsub$ http://[url] https://{shop}.example/
    rf"|(?<=//)(?:\${_NAME}\$|\[(?![0-9A-Fa-f:.]{{1,45}}\]){_NAME}\])(?=[/?#:]|$)"
    rf"|//(?:[\w.-]{{0,99}}\.)?\{{{_NAME}\}}(?=[./?#:]|$)"
)
_WHOLE = rf"(?!{_VALUE})(?:{_NAME})"
_BRACKETED = "|".join(
    f"{opening}{space}{_WHOLE}{closing}"
    for opening, space, closing in (
        (r"\[", r"(?=\s?)\s?", r"(?:/[^\[\]&\x00]{0,99})?\]"),  # [name/what stands for an empty one]
        (r"\{", r"\s?", r"\}"),
        ("~", "[@$]?", "~"),
        ("@", "", "@"),
        (r"\$", "", r"\$"),
        ("#", "", "#"),
        ("<", "", ">"),
        ("::", "", "::"),
        ("\u00ab", "", "\u00bb"),
    )
)
_BRACKETED += (
    r"|\{[0-9]{1,2}\}|\([A-Za-z_]\w{0,99}\)|\([A-Za-z_][\w ]{0,99}\|[^()&\x00]{0,99}\)"  # {0} (x) (x|y)
)
_BRACKETED += r"|\$![A-Za-z_][\w.]{0,99}"
_FIELD = re.compile(rf"{_TOKENS}|(?<=[=?&;#])(?:{_BRACKETED})(?=[&;#]|$)")
_WHOLE_FIELD = re.compile(rf"-\w[\w.]*-|\[[^\[\]]+\]|{_BRACKETED}")
# Spellings in escapes that the decoded text would not show, or not safely.
_ESCAPED_FIELD = re.compile(
    r"%25%25[^%]{1,100}%25%25|%25%25(?:[=!$\[]|%3D|%21|%24|%5B).{1,300}?%25%25"
    r"|(?<=[=?&;])%25[A-Za-z_][\w.-]{0,99}(?:(?:[:|]|%3A|%7C)[\w.-]{1,99})?%25(?=[&;#]|$)"
    r"|(?:\[|%5B)%25(?:%20|[ +])?[A-Za-z_][^\[\]\x00]{0,199}?(?:\]|%5D)|%25(?:\(|%28)\w{1,99}(?:\)|%29)[sd]"
    r"|%25(?:\{|%7B)[A-Za-z_][^{}%]{0,99}(?:\}|%7D)|(?:\{|%7B)%25[^{}]{1,200}?%25(?:\}|%7D)"
    r"|(?:\$|#|@|%24|%23|%40)%7B[A-Za-z_][^{}%]{0,99}%7D|(?:<|%3C)%25.{1,200}?%25(?:>|%3E)"
    r"|%7B[A-Za-z_][\w -]{0,99}(?:[:=|]|%3A|%3D|%7C)(?![-\d%])[^{}\"'&%]{0,99}%7D|%7B(?-i:[A-Z][A-Z_]{2,99})%7D"
    r"|(?<=[=?&;])%3C[A-Za-z_]\w{0,99}%3E(?=[&;#]|$)|%3C%3C[A-Za-z_]\w{0,99}%3E%3E"
    r"|(?<=[=?&;])%C2%AB[A-Za-z_].{0,199}?%C2%BB(?=[&;#]|$)",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"%(5B|5D|7C|7E|40|24|21|23|28|29|20|22|27|3A|3D|2A|2C|2E|26|3F|2F)", re.IGNORECASE)
_BRACES = re.compile("%7(?:(B)|(D))", re.IGNORECASE)
_RESEMBLING = re.compile(
    rf"(?<!\w)\{{(?!{_VALUE})[A-Za-z_][^{{}}\"']{{0,99}}\}}"
    rf"|(?<![\w\]])(?<!//)\[(?!{_VALUE})[A-Za-z_][^\[\]\"']{{0,99}}\]"
    r"|(?<=[=/#])([~@$*|!^#])[A-Za-z_][\w .:-]{0,99}\1(?=[/?&;#]|$)"
    r"|(?<=[=/])(?:_{1,2}|-)[A-Z][A-Z_]{1,99}(?:_{1,2}|-)(?=[/?&;#]|$)"
    r"|(?<==)(?:\$|\$!|!)[A-Za-z_][\w.]{0,99}(?=[&;#]|$)|(?<=[=/])[$@]\([A-Za-z_][\w.]{0,99}\)"
)
_BRACKET = re.compile(r"[\[{~@$*|!^#]|%[2457]|__|=-")
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
_MIRRORED = str.maketrans("[]{}()<>\u00ab\u00bb", "][}{)(><\u00bb\u00ab")
_WORDY = frozenset("-_.")
_ESCAPED_TWICE = r"(?![0-9A-Fa-f]{2})[A-Za-z_][\w. -]{0,99}(?:[:|][\w.:| -]{0,99})?"
_ARRAY_NAME = r"(?!(?<=[\w\]])\[[^\[\]]{0,99}\](?:\[[^\[\]]{0,99}\]){0,9}=)"


_CLOSED_BY = {"{": "}", "[": "]", "(": ")", "<": ">", "*": "*", "|": "|"}


def resembles_field(tag: str) -> bool:
    """Whether a merge tag looks like one: it begins with a mark, and what it opens is closed, as in `*|MP|*`.

    A plain word, or `{{mp` with a bracket lost, is a slip: no engine fills it in.
    """
    opening = _OPENING.match(tag)
    if opening is None:
        return False
    marks, rest = opening[1], tag[opening.end() :]
    closed = all(rest.count(end) >= marks.count(mark) for mark, end in _CLOSED_BY.items() if mark in marks)
    return closed and (not marks.startswith("%%") or "%%" in rest)


@lru_cache(maxsize=64)
def style_of(tag: str) -> re.Pattern[str]:
    """What finds fields written as this merge tag is: a name between its opening and its closing, and the tag itself.

    `[mp]` finds `[email]`, and neither `[0]` nor the name of an array in `?f[colour]=red`; `-mp-` only where nothing
    else is glued on, as hyphens are in every path.
    """
    opening = _OPENING.match(tag)
    if opening is None:
        return re.compile(rf"(?<!\w){re.escape(tag)}(?!\w)")
    begin, end = opening[1], _end_of(tag, opening[1], opening.end())
    if not end or begin == ":" or _WORDY.issuperset(begin):
        found = _standing_alone(tag, begin, end)
    else:
        found = f"{_before(begin)}{re.escape(begin)}(?!{_VALUE}){_inner(begin)}{re.escape(end)}"
    return re.compile(f"{re.escape(tag)}|{found}")


def _end_of(tag: str, begin: str, after: int) -> str:
    """What closes a tag: the opening in a mirror where it ends so, else its last signs; empty without any."""
    mirrored = begin[::-1].translate(_MIRRORED)
    last = tag.rstrip()
    if mirrored != begin and last.endswith(mirrored) and len(last) >= after + len(mirrored):
        return mirrored
    if begin.endswith("(") and last.endswith(")"):
        return ")"
    closing = _CLOSING.search(tag)
    return closing[1] if closing and closing.start() >= after else ""


def _before(begin: str) -> str:
    """What must hold where a field begins."""
    return _ARRAY_NAME if begin == "[" else r"(?<!\w)" if begin == "(" else ""


def _inner(begin: str) -> str:
    """What stands between opening and closing."""
    if begin == "%":  # and no escape
        return _ESCAPED_TWICE
    if len(begin) > 1:
        block = r"\[" if begin == "%%" else ""
        return rf"\s?[A-Za-z_/#.&^>$@!=*{block}][^\n]{{0,200}}?"
    slash = "" if begin in "[{(<" else "/"
    return rf"\s?[^\W\d][^\[\]{{}}<>\"'&{slash}?\n]{{0,200}}?"


def _standing_alone(tag: str, begin: str, end: str) -> str:
    """A field with nothing glued to it, of signs that stand in ordinary URLs, too; one with a dot where the tag has."""
    inner = r"[^\W\d]\w{0,99}\.[\w.]{1,99}" if "." in tag and not end else r"[^\W\d][\w.]{0,99}"
    after = rf"{re.escape(end)}(?![^/?&#;])" if end else r"(?![\w.]*=)"
    return rf"(?<![^=/?&#;]){re.escape(begin)}(?!{_VALUE}){inner}{after}"
