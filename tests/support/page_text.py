"""What stands on a page: its cards, tables and numbers, as a person reads them."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.support.web import Person


def number(text: str) -> int | None:
    """A number as pages write it."""
    return None if text == "—" else int(re.sub(r"\s", "", text))


def rate(text: str) -> float:
    """The per cents of a rate as pages write it."""
    return float(re.sub(r"[\s%]", "", text))


def texts(node: LexborNode, selector: str) -> list[str]:
    return [each.text(separator=" ").strip() for each in node.css(selector)]


def first(node: LexborNode, selector: str) -> LexborNode:
    """The first element that matches."""
    found = node.css_first(selector)
    assert found is not None, selector
    return found


def read(person: Person, path: str) -> LexborNode:
    answer = person.see(path)
    assert answer.status_code == 200, path
    body = LexborHTMLParser(answer.text).body
    assert body is not None
    return body


def section(body: LexborNode, heading: str) -> LexborNode:
    """The card with this heading."""
    found = [
        each
        for each in body.css("section.card")
        if heading in (texts(each, "h2") + texts(each, "table.figures caption"))
    ]
    assert len(found) == 1, heading
    return found[0]


def rows_of(node: LexborNode) -> dict[str, list[str]]:
    """The cells of a table by the first words of its rows."""
    found = {}
    for row in node.css("tbody tr"):
        head = re.sub(r"\s+", " ", first(row, "th").text(separator=" ")).strip()
        found[head] = texts(row, "td")
    return found
