"""A text of HTML as the parser sees it, and where in the text a place of the parser's is."""

import re

from mailpixel.links.splicing import conditional

_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_LETTER = "\ufffd"
"""What a browser takes a lone surrogate for."""


class HtmlText:
    """A text read for parsing.

    `view` is as long as the text, letter by letter the same but for a byte-order mark (no content: as a letter it
    would open the body), lone surrogates (the parser cannot say where an attribute with one in its name stands) and
    the marks of conditional comments, `marks`.
    """

    __slots__ = ("_counted", "_reached", "_steps", "marks", "view")

    def __init__(self, text: str) -> None:
        view = " " + text[1:] if text.startswith("\ufeff") else text
        try:
            view.encode()  # six times faster than a search for them
        except UnicodeEncodeError:
            view = _SURROGATE.sub(_NO_LETTER, view)
        self.view, self.marks = conditional.mark(view)
        self._steps = "\r" in text  # a letter is found ten times faster than a pair
        self._counted, self._reached = 0, 0

    def at(self, offset: int) -> int:
        """The place in the text for an offset of the parser's, which counts each CRLF once.

        Asked in rising order the whole text is walked once.
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
