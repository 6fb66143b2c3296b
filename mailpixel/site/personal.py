"""Whether a text holds an e-mail address, in any spelling that a page may send.

An address may come escaped once or many times (`%40`, `%2540`), as an HTML entity, in letters of another width, or
with its `@` in words, as people write it to hide it from robots: `jane (at) mail.example`.
"""

import re
from html import unescape
from unicodedata import category, normalize
from urllib.parse import unquote

_OPEN, _SHUT, _BLANK = r"[(\[{<]\s*", r"\s*[)\]}>]", r"[\s+]*"
ADDRESS = re.compile(
    r"[^\s@/]@(?:\[|[\w-]+[.。]\w)"
    r"|\w@[^\W\d_]"
    rf"|\w{_BLANK}{_OPEN}(?:at|@){_SHUT}{_BLANK}[\w-]+(?:[.。]|{_BLANK}{_OPEN}dot{_SHUT}{_BLANK})\w",
    re.IGNORECASE,
)
"""Enough of an address to know it: a sign before `@`, and a dotted name or a bracket behind; or a word on both sides,
as in `jane@localhost`; or `(at)` in any brackets between a word and a dotted name. `nails @ home`, `@shop` and
`3@2 each` are none; `react@18.2.0` and `lodash@latest` are taken for one."""
ESCAPES = 8
"""How often a text is unescaped. What still changes after that hides something."""
_SPELLED = re.compile(r"[@%&(\[{<]")
"""Signs without one of which plain text holds no address."""


def looks_personal(text: str) -> bool:
    """Whether the text holds something that looks like an e-mail address."""
    if text.isascii() and not _SPELLED.search(text):
        return False
    for _ in range(ESCAPES):
        text = _folded(text)
        if ADDRESS.search(text):
            return True
        plainer = unescape(unquote(text))
        if plainer == text:
            return False
        text = plainer
    return True


def _folded(text: str) -> str:
    """The text with one spelling of every letter, and without letters that nobody sees."""
    if text.isascii():
        return text
    return "".join(char for char in normalize("NFKC", text) if category(char) != "Cf")
