"""Fields of templates in a URL: `{{ id }}`, `*|ID|*`, `[subscriber:email]`, anything that an engine fills in later.

A URL with a field is not a destination yet: if it were tracked, it would lead every reader to the field
itself. A link is skipped when it holds a certain field (`Fields.holds`). Certain are fields in double or
unusual brackets anywhere, fields that name their source (`{contactfield=email}`), a bracketed name that is
the whole value of a parameter, and anything in the brackets of the sender's own merge tag. A link with
something that only resembles a field (`/{id}/`) is tracked, and `resembles` finds it.

Percent-encoded spellings count, too. Encoded braces alone count only with a merge tag: without one, the mail
has already been filled in, and `%7B…%7D` is a value.
"""

from functools import lru_cache
from urllib.parse import unquote

from mailpixel.links.field_patterns import (
    BRACES,
    BRACKET,
    ESCAPE,
    ESCAPED_FIELD,
    FIELD,
    RESEMBLING,
    SPANNED,
    WHOLE_FIELD,
)
from mailpixel.links.merge_tag import style_of


def holds_token(text: str) -> bool:
    """Whether a URL or a parameter's value contains a field or is one, for any merge tag of the sender."""
    return Fields().holds(text)


def token_spans(text: str) -> list[tuple[int, int]]:
    """Where the fields of a text are, in order. An opening without an end covers its two letters."""
    return [match.span() for match in SPANNED.finditer(text)]


def resembles(url: str) -> bool:
    """Whether something in a URL looks like a field. Use it for a URL without a certain field."""
    if BRACKET.search(url) is None:  # nearly always
        return False
    return RESEMBLING.search(_decoded(url, True) if "%" in url else url) is not None


class Fields:
    """What is certainly a field, for a sender whose merge tag is `merge_tag` (empty: none is known)."""

    __slots__ = ("_merging", "style")

    def __init__(self, merge_tag: str = "") -> None:
        self._merging = bool(merge_tag)
        self.style = style_of(merge_tag) if merge_tag else None

    def holds(self, text: str) -> bool:
        """Whether the text contains a field or is one."""
        if FIELD.search(text) or WHOLE_FIELD.fullmatch(text) or self.styled(text):
            return True
        if "%" not in text:
            return False
        decoded = _decoded(text, self._merging)
        found = ESCAPED_FIELD.search(text) or FIELD.search(decoded) or WHOLE_FIELD.fullmatch(decoded)
        return found is not None

    def styled(self, text: str) -> bool:
        """Whether the text contains a field in the merge tag's style, as it is or percent-encoded."""
        if self.style is None:
            return False
        return self.style.search(text) is not None or (
            "%" in text and self.style.search(unquote(text)) is not None
        )


@lru_cache(maxsize=64)
def fields_of(merge_tag: str) -> Fields:
    """The fields of a sender with this merge tag, cached."""
    return Fields(merge_tag)


def _decoded(text: str, braces: bool) -> str:
    """The text with those escapes decoded that may be part of a field."""
    text = ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
    return BRACES.sub(lambda escape: "{" if escape[1] else "}", text) if braces else text
