"""The rules of a campaign, which the API and the command line share."""

import pytest

from mailpixel.campaigns import LinkChange, changed_links, check_name
from mailpixel.claims import LAST_LINK
from mailpixel.errors import InvalidInput
from mailpixel.model import Link

ONE, TRAP = Link(1, "https://shop.example/1"), Link(4, "https://shop.example/trap", trap=True)
NEW = "https://shop.example/new"


def test_corrections_keep_what_they_do_not_name_and_new_links_get_the_next_numbers() -> None:
    changes = [
        LinkChange(4, NEW),
        LinkChange(url=NEW),
        LinkChange(2, NEW, trap=True),
        LinkChange(1, trap=True),
    ]
    assert changed_links((ONE, TRAP), changes) == (
        Link(1, ONE.url, trap=True),
        Link(2, NEW, trap=True),
        Link(4, NEW, trap=True),
        Link(5, NEW),
    )


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ([LinkChange(1, NEW), LinkChange(1, NEW, at="links[1].")], "links[1].number: is named twice"),
        ([LinkChange(LAST_LINK, NEW), LinkChange(url=NEW)], "number: is past 65,535, the last there can be"),
        ([LinkChange(2, trap=True, at="links[0].")], "links[0].url: is missing; link 2 does not exist yet"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_by_its_field(
    changes: list[LinkChange], refused: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        changed_links((ONE,), changes)
    assert str(error.value) == refused


@pytest.mark.parametrize("text", ["", " ", "a" * 201, "two\nlines"])
def test_a_name_has_one_to_200_printable_characters(text: str) -> None:
    assert check_name(" Spring sale ") == "Spring sale"
    with pytest.raises(InvalidInput, match="label: must have 1 to 200 printable characters"):
        check_name(text, "label")
