"""HTML as the parser sees it, with a mapping from the parser's offsets to places in the text."""

from collections.abc import Callable
from operator import index

from mailpixel.links.destination import SURROGATE
from mailpixel.links.splicing import conditional

_NO_LETTER = "\ufffd"
"""The character that a browser reads instead of a lone surrogate."""


class HtmlText:
    """A text prepared for parsing.

    `view` is as long as the text and differs in three ways. A byte-order mark is a space, because as a letter
    it would open the body. Lone surrogates are U+FFFD, because the parser cannot locate an attribute with one
    in its name. Conditional comments carry the marks in `marks`. `at` gives the place in the text of a parser's
    offset, which counts each CRLF as one letter.
    """

    __slots__ = ("at", "marks", "view")

    def __init__(self, text: str) -> None:
        view = " " + text[1:] if text.startswith("\ufeff") else text
        if not view.isascii():
            try:
                view.encode()  # six times faster than a search for them
            except UnicodeEncodeError:
                view = SURROGATE.sub(_NO_LETTER, view)
        self.view, self.marks = conditional.mark(view)
        self.at = places(view)


def places(text: str, start: int = 0) -> Callable[[int], int]:
    """What gives the place in the text of a parser's offset that is counted from `start`."""
    return Places(text, start).at if start or "\r" in text else index


class Places:
    """The places of a text from `start` on, by the letters before them when each CRLF counts as one.

    It remembers the place of every 4,096th letter, so that an answer costs as much in any order of the questions.
    """

    __slots__ = ("_known", "_steps", "_text")

    def __init__(self, text: str, start: int = 0) -> None:
        self._text = text
        self._steps = "\r" in text  # a letter is found ten times faster than a pair
        self._known = [start]

    def at(self, letters: int) -> int:
        """The place that lies this many letters after the start."""
        if not self._steps:
            return self._known[0] + letters
        stretches, rest = divmod(letters, _STRETCH)
        while len(self._known) <= stretches:
            self._known.append(walk(self._text, self._known[-1], _STRETCH))
        return walk(self._text, self._known[stretches], rest)


_STRETCH = 4_096


def walk(text: str, start: int, letters: int) -> int:
    """The place that lies this many letters after `start` when each CRLF counts as one."""
    while letters > 0:
        end = start + letters
        pairs = text.count("\r\n", start, end)
        if text.startswith("\r\n", end - 1):  # the last letter is a pair: take both halves
            end += 1
        start, letters = end, pairs
    return start
