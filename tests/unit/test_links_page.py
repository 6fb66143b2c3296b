"""Which links the page of links shows first."""

from mailpixel.pages.charts.parts import share_bar
from mailpixel.pages.link_list import LINKS_FIRST, LinkLine, most_followed


def a_line(number: str, people: int) -> LinkLine:
    return LinkLine(
        number, "", "https://shop.example/", people, str(people), "0", "", share_bar("human", None), ""
    )


def test_links_are_shown_by_the_people_who_followed_them_then_as_they_were() -> None:
    lines = [a_line(str(number), people) for number, people in enumerate([0, 5, 0, 7] + [0] * 30, 1)]
    shown = [line.number for line in most_followed(lines)]
    assert shown == ["4", "2", "1", "3", *(str(number) for number in range(5, LINKS_FIRST + 1))]


def test_few_links_stay_in_order_of_number() -> None:
    lines = [a_line(str(number), number) for number in range(1, LINKS_FIRST + 1)]
    assert most_followed(lines) == lines
