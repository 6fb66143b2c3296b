"""Lists of words to find in a text, far faster than one large regular expression."""

from collections.abc import Iterable


class WordList:
    """Words, matched in any case. `^` before a word: only where a word begins; `$` after it: only where one ends.

    A word also ends where a capital or a digit follows a small letter, as in `FeedBot2`.
    """

    __slots__ = ("_anywhere", "_bounded")

    def __init__(self, words: Iterable[str]) -> None:
        marked = [(word.strip("^$"), word[0] == "^", word[-1] == "$") for word in words]
        self._anywhere = tuple(word for word, begins, ends in marked if not begins and not ends)
        self._bounded = tuple(found for found in marked if found[1] or found[2])

    def find(self, text: str, lower: str) -> str:
        """The first word of the list that the text contains, as written there; empty when there is none.

        `lower` is the text in lower case, for callers that search several lists.
        """
        for word in self._anywhere:
            if word in lower:
                place = lower.index(word)
                return text[place : place + len(word)]
        for word, begins, ends in self._bounded:
            if word in lower:
                place = _bounded_place(text, lower, word, begins, ends)
                if place >= 0:
                    return text[place : place + len(word)]
        return ""


def _bounded_place(text: str, lower: str, word: str, begins: bool, ends: bool) -> int:
    """Where the word is, with the required boundaries; -1 if it is not there."""
    place = lower.find(word)
    while place >= 0:
        end = place + len(word)
        if (not begins or _begins(text, place)) and (not ends or _ends(text, end)):
            return place
        place = lower.find(word, place + 1)
    return -1


def _begins(text: str, place: int) -> bool:
    return place == 0 or not text[place - 1].isalnum()


def _ends(text: str, end: int) -> bool:
    if end == len(text) or not text[end].isalpha():
        return True
    return text[end].isupper() and text[end - 1].islower()
