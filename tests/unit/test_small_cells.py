"""What a share shows: no number of fewer than five people, and none that lets one be worked out."""

import re
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mailpixel.pages.shared import shared_overview
from mailpixel.privacy.small_cells import shown, shown_share
from mailpixel.report.shared import shared_range, shared_rate
from mailpixel.report.summary import Summary, summarise
from mailpixel.store.measures import MEASURES
from mailpixel.store.projections import Figures
from tests.support.builders import a_campaign

SMALL = {1, 2, 3, 4}


def test_from_one_to_four_nothing_is_shown_and_all_else_is_a_multiple_of_five() -> None:
    assert [shown(number) for number in (None, 0, 1, 4)] == [None, 0, None, None]
    assert [shown(number) for number in (5, 9, 10, 14, 1_001)] == [5, 5, 10, 10, 1_000]


def test_a_share_of_a_whole_is_the_quotient_of_what_is_shown() -> None:
    assert shown_share(50, 100) == (0.5, 50, 100)
    assert shown_share(97, 100) == (0.95, 95, 100)
    assert shown_share(100, 100) == (1.0, 100, 100)
    assert shown_share(101, 90) == (None, 100, 90)
    assert shown_share(3, 100) == (None, None, 100)
    assert shown_share(0, 3) == (None, 0, None)
    assert shown_share(50, None) == (None, 50, None)
    assert shown_share(0, 0) == (None, 0, 0)


def test_a_number_that_is_not_shown_cannot_be_worked_out_from_a_whole_and_the_other_part() -> None:
    """Whatever stands beside it, each of one to four is still possible."""
    seen: dict[tuple[int | None, int | None], set[int]] = {}
    for small, other in product(range(1, 5), range(200)):
        seen.setdefault((shown(other), shown(small + other)), set()).add(small)
    both_small = {1, 2, 3}  # when the whole is small, too
    assert {key: found for key, found in seen.items() if found != SMALL} == {(None, None): both_small}


totals = st.fixed_dictionaries(
    {name: st.integers(0, 40) for name in (*MEASURES, "opens.aggregate_events", "opens.aggregate_human")}
)


def a_summary(counts: dict[str, int]) -> Summary:
    links = {n: {"clicks.unique_human": counts["probes"], "clicks.events": n} for n in (1, 2)}
    return summarise(a_campaign(sent=777), Figures(counts, links, 0, 0, 0), "r")


def numbers(view: Any) -> list[int]:
    """Every number on the page, but for shares of a hundred, names and definitions."""
    parts = [view.opens, view.clicks, view.standing, *view.unnamed, *view.recorded]
    cards = [text for card in view.cards if card.name != "Sent" for text in (card.value, card.detail)]
    bars = [str(each.bar) for each in parts]
    links = [text for link in view.links for text in (link.people_text, link.machines)]
    found = [part.number for each in parts for part in each.parts if part.number is not None]
    texts = [view.heading, *cards, *links, *(re.sub(r"\(Apple\)|[\d.]+\s?%", "", bar) for bar in bars)]
    spoken = [re.sub(r"[<>=]?\s?[\d.,]+\s?%|\d+ sent|<[^>]+>", "", text) for text in texts]
    return [*found, *(int(each) for text in spoken for each in re.findall(r"\d+", text.replace(" ", "")))]


@given(totals)
def test_every_number_of_the_page_is_a_multiple_of_five(counts: dict[str, int]) -> None:
    view = shared_overview(a_summary(counts), {})
    assert [number for number in numbers(view) if number % 5] == []
    assert not any(part.link for part in view.standing.parts)
    assert view.clients == ()


@given(totals)
def test_every_rate_is_one_of_two_multiples_of_five(counts: dict[str, int]) -> None:
    summary = a_summary(counts)
    whole = shown(summary.recipients.opens_base)
    found = shared_range(summary)
    ends = [found.low, found.high, *(each.value for each in found.estimates)]
    for end in ends:
        assert end is None or (whole and abs(end * whole / 5 - round(end * whole / 5)) < 1e-3)
    for rate in summary.rates.values():
        value, part, of = shared_rate(rate)
        assert value is None or (part, of) == (shown(rate.numerator), shown(rate.denominator))


def test_the_page_of_few_shows_nothing_of_them() -> None:
    few = {"opens.human": 3, "opens.events": 3, "opens.unique_human": 2, "standing.read": 2, "seen": 2}
    view = shared_overview(replace(a_summary({**dict.fromkeys(MEASURES, 0), **few})), {})
    assert view.heading == "How many read it is not known yet"
    assert {card.name: card.value for card in view.cards}["Known readers"] == "—"
    assert [part.number for part in view.standing.parts if part.kind == "read"] == [None]
