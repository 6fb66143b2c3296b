"""What readers see of a link: its text, else what stands for its picture."""

import turbohtml

LABEL_CHARS = 80
"""The longest label; a longer text is cut."""


def label_of(link: turbohtml.Element) -> str:
    """The text of a link in one line, else the `alt` of its pictures, else its `title`; empty where there is none."""
    pictures = " ".join(str(image.attr("alt") or "") for image in link.find_all("img"))
    said = (link.text, pictures, str(link.attr("alt") or ""), str(link.attr("title") or ""))
    return next((label for label in map(_in_one_line, said) if label), "")


def _in_one_line(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: 20 * LABEL_CHARS])
    line = " ".join(shown.split())
    return line if len(line) <= LABEL_CHARS else line[: LABEL_CHARS - 1] + "…"
