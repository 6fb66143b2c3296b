"""A click implies an open only where opens were recorded by name."""

from mailpixel.model import Facts
from mailpixel.report.summary import summarise
from mailpixel.store.memory import MemoryStore
from mailpixel.store.verdict_codes import unpack
from tests.support.api import PERSON
from tests.support.builders import a_campaign, a_click, an_open
from tests.support.folding import catch_up

UNSEEN = PERSON | Facts.OPENS_UNSEEN


def test_no_open_is_inferred_from_the_click_of_somebody_whose_opens_are_not_recorded() -> None:
    store = MemoryStore()
    store.append(
        [
            an_open(60, recipient="opened", facts=PERSON),
            a_click(600, recipient="opened", facts=UNSEEN),  # opens were refused in between
            a_click(700, recipient="without images", facts=PERSON),
            a_click(800, recipient="refused opens", facts=UNSEEN),
            a_click(900, recipient="refused later", facts=PERSON),
            a_click(2_000, recipient="refused later", link=2, facts=UNSEEN),
        ]
    )
    catch_up(store)
    figures = store.figures("spring", 0, 0)
    summary = summarise(a_campaign(sent=10, links=2), figures, "r")
    assert (summary.opens.inferred_from_clicks, figures.totals["clicks.without_opens"]) == (2, 1)
    assert (summary.clicks.unique_human, summary.recipients.standing["clicked"]) == (4, 4)
    rate = summary.rates["click_to_open_rate"]
    assert (rate.numerator, rate.denominator) == (3, 3)
    assert rate.definition.endswith("Messages whose opens are not recorded are left out.")
    assert summary.open_rate_range.low == 0.3


def test_the_mark_of_such_a_click_says_so() -> None:
    store = MemoryStore()
    store.append([a_click(800, facts=UNSEEN), a_click(2_000, facts=PERSON)])
    catch_up(store)
    (state,) = store.recipients("spring", "", 2)
    assert [(mark.no_opens, mark.via) for mark in unpack(state.marks)] == [(True, None), (False, None)]
