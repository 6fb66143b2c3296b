"""HTML as the parser sees it, with a mapping from the parser's offsets to places in the text."""

from mailpixel.links.destination import SURROGATE
from mailpixel.links.splicing import conditional

_NO_LETTER = "\ufffd"
"""The character that a browser reads instead of a lone surrogate."""


class HtmlText:
    """A text prepared for parsing.

    `view` is as long as the text and differs in three ways. A byte-order mark is a space, because as a letter
    it would open the body. Lone surrogates are U+FFFD, because the parser cannot locate an attribute with one
    in its name. Conditional comments carry the marks in `marks`.
    """

    __slots__ = ("_counted", "_reached", "_steps", "marks", "view")

    def __init__(self, text: str) -> None:
        view = " " + text[1:] if text.startswith("\ufeff") else text
        try:
            view.encode()  # six times faster than a search for them
        except UnicodeEncodeError:
            view = SURROGATE.sub(_NO_LETTER, view)
        self.view, self.marks = conditional.mark(view)
        self._steps = "\r" in text  # a letter is found ten times faster than a pair
        self._counted, self._reached = 0, 0

    def at(self, offset: int) -> int:
        """The place in the text of a parser's offset, which counts each CRLF as one letter.

        Ask in rising order, so that the text is walked only once.
        """
        if not self._steps:
            return offset
        if offset < self._counted:
            self._counted, self._reached = 0, 0
        self._counted, self._reached = offset, walk(self.view, self._reached, offset - self._counted)
        return self._reached


def walk(text: str, start: int, letters: int) -> int:
    """The place that lies this many letters after `start` when each CRLF counts as one."""
    while letters > 0:
        end = start + letters
        pairs = text.count("\r\n", start, end)
        if text.startswith("\r\n", end - 1):  # the last letter is a pair: take both halves
            end += 1
        start, letters = end, pairs
    return start
