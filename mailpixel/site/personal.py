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
REMOVED = "-@removed.invalid"
"""Stands in a user agent for an address: it still says that the program names a contact, as only robots do."""
_BETWEEN_WORDS = re.compile(r"([\s;,()<>]+)")
_IN_WORDS = re.compile(rf"[aA][tT]{_SHUT}")
"""Without this or one of `@`, `%` and `&`, plain text holds no address."""


def looks_personal(text: str) -> bool:
    """Whether the text holds something that looks like an e-mail address."""
    if text.isascii() and not ("@" in text or "%" in text or "&" in text or _IN_WORDS.search(text)):
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


def without_addresses(agent: str) -> str:
    """A user agent with `REMOVED` in the place of e-mail addresses."""
    if not looks_personal(agent):
        return agent
    words = [(word, looks_personal(word)) for word in _BETWEEN_WORDS.split(agent)]
    if looks_personal("".join(word for word, is_address in words if not is_address)):
        return REMOVED  # it is spelled over several words
    return "".join(REMOVED if is_address else word for word, is_address in words)


def _folded(text: str) -> str:
    """The text with one spelling of every letter, and without letters that nobody sees."""
    if text.isascii():
        return text
    return "".join(char for char in normalize("NFKC", text) if category(char) != "Cf")
