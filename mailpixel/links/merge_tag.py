"""A sender's own merge tag, such as `*|MP|*`: whether it looks like one, and which fields have the same style."""

import re
from functools import lru_cache

from mailpixel.links.field_patterns import VALUE

_OPENING = re.compile(r"\s*([^\w\s\"']+|_+)")
_CLOSING = re.compile(r"([^\w\s\"')]+|\)\)|_+)\s*$")
_MIRRORED = str.maketrans("[]{}()<>\u00ab\u00bb", "][}{)(><\u00bb\u00ab")
_WORDY = frozenset("-_.")
_ESCAPED_TWICE = r"(?![0-9A-Fa-f]{2})[A-Za-z_][\w. -]{0,99}(?:[:|][\w.:| -]{0,99})?"
_ARRAY_NAME = r"(?!(?<=[\w\]])\[[^\[\]]{0,99}\](?:\[[^\[\]]{0,99}\]){0,9}=)"


_CLOSED_BY = {"{": "}", "[": "]", "(": ")", "<": ">", "*": "*", "|": "|"}


def resembles_field(tag: str) -> bool:
    """Whether a merge tag looks like one: it begins with a mark and all its brackets are closed, as in `*|MP|*`.

    A plain word, or `{{mp` with a missing bracket, is a mistake: no engine would fill it in.
    """
    opening = _OPENING.match(tag)
    if opening is None:
        return False
    marks, rest = opening[1], tag[opening.end() :]
    closed = all(rest.count(end) >= marks.count(mark) for mark, end in _CLOSED_BY.items() if mark in marks)
    return closed and (not marks.startswith("%%") or "%%" in rest)


@lru_cache(maxsize=64)
def style_of(tag: str) -> re.Pattern[str]:
    """A pattern for fields written in this tag's style: a name between its opening and closing, or the tag itself.

    `[mp]` finds `[email]`, but neither `[0]` nor the name of an array in `?f[colour]=red`. `-mp-` matches
    only with nothing else attached, because hyphens are in every path.
    """
    opening = _OPENING.match(tag)
    if opening is None:
        return re.compile(rf"(?<!\w){re.escape(tag)}(?!\w)")
    begin, end = opening[1], _end_of(tag, opening[1], opening.end())
    if not end or begin == ":" or _WORDY.issuperset(begin):
        found = _standing_alone(tag, begin, end)
    else:
        found = f"{_before(begin)}{re.escape(begin)}(?!{VALUE}){_inner(begin)}{re.escape(end)}"
    return re.compile(f"{re.escape(tag)}|{found}")


def _end_of(tag: str, begin: str, after: int) -> str:
    """The closing of a tag: its mirrored opening if it ends so, else its last signs; empty if it has none."""
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
    """A field with nothing attached, made of signs also found in ordinary URLs; with a dot if the tag has one."""
    inner = r"[^\W\d]\w{0,99}\.[\w.]{1,99}" if "." in tag and not end else r"[^\W\d][\w.]{0,99}"
    after = rf"{re.escape(end)}(?![^/?&#;])" if end else r"(?![\w.]*=)"
    return rf"(?<![^=/?&#;]){re.escape(begin)}(?!{VALUE}){inner}{after}"
