"""What every store must say of figures that changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.model import Facts
from mailpixel.store.changes import FARTHEST, FoldedHits, NewCounts
from mailpixel.store.log import Overflow, PutAside
from mailpixel.store.projections import FOLD
from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.store import Store
from tests.support.builders import a_click, a_delivery, an_open
from tests.support.folding import NOW_MS, catch_up, fold


def changed_by(store: Store, change: Callable[[], object]) -> list[str]:
    """The campaigns whose figures a change is said to have changed."""
    before = store.news_of_counts().cursor
    change()
    return list(store.news_of_counts(before).campaigns)


def test_a_store_without_figures_has_no_news(store: Store) -> None:
    assert store.news_of_counts() == NewCounts("")


def test_a_hit_changes_figures_once_it_is_folded(store: Store) -> None:
    hits = [an_open(1), a_click(2, campaign="autumn")]
    assert changed_by(store, lambda: store.append(hits)) == []
    assert sorted(changed_by(store, lambda: catch_up(store))) == ["autumn", "spring"]
    assert changed_by(store, lambda: catch_up(store)) == []


def test_news_come_in_the_order_of_the_last_change_and_each_campaign_once(store: Store) -> None:
    for second, campaign in enumerate(["spring", "autumn", "winter", "spring"]):
        store.append([an_open(second, campaign=campaign)])
        catch_up(store)
    news = store.news_of_counts()
    assert news.campaigns == ("autumn", "winter", "spring")
    assert store.news_of_counts(news.cursor) == NewCounts(news.cursor)


def test_a_new_generation_changes_figures_when_it_goes_live(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)
    before = store.news_of_counts().cursor
    with store.new_generation("spring", fold) as generation:
        generation.put([fold(store.message("spring", "r-1"))])
        assert store.news_of_counts(before).campaigns == ()
    assert store.news_of_counts(before).campaigns == ("spring",)


def test_a_new_generation_that_fails_changes_nothing(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)
    before = store.news_of_counts().cursor
    with pytest.raises(ZeroDivisionError), store.new_generation("spring", fold):
        1 / 0  # noqa: B018
    assert store.news_of_counts(before).campaigns == ()


def test_an_erasure_changes_the_figures_of_the_campaigns_that_the_person_got(store: Store) -> None:
    store.append([an_open(1), an_open(2, campaign="autumn"), an_open(3, campaign="winter", recipient="r-2")])
    catch_up(store)
    assert sorted(changed_by(store, lambda: store.erase("r-1", NOW_MS))) == ["autumn", "spring"]


def test_forgetting_a_campaign_changes_its_figures(store: Store) -> None:
    store.append([an_open(1), an_open(2, campaign="autumn")])
    catch_up(store)
    assert changed_by(store, lambda: store.forget_campaign("spring")) == ["spring"]


def test_hits_past_the_cap_change_figures(store: Store) -> None:
    raised = [Overflow("spring", "r-1", 20_000, b"edge", 7)]
    assert changed_by(store, lambda: store.raise_overflow(raised)) == ["spring"]


def test_another_edition_of_the_rules_changes_figures(store: Store) -> None:
    assert changed_by(store, lambda: store.note_edition("1-a", ["spring"])) == ["spring"]
    assert changed_by(store, lambda: store.note_edition("2-b", ["spring"])) == []
    assert changed_by(store, lambda: store.note_edition("2-b", ["spring"], anew=True)) == ["spring"]


def test_a_message_that_is_put_aside_changes_no_figures(store: Store) -> None:
    store.append([an_open(1)])
    news = store.consumer(FOLD).news(10)
    aside = [PutAside(each.campaign, each.recipient, "ValueError") for each in news.messages]
    assert changed_by(store, lambda: store.save(aside, news)) == []


def test_a_cursor_of_another_store_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        store.news_of_counts("elsewhere")


def test_hits_are_given_once_they_are_folded_in_the_order_of_the_log(store: Store) -> None:
    begin = store.folded_hits("spring", "", 10).cursor
    hits = [an_open(9), a_click(2, recipient="r-2"), an_open(3, method="HEAD")]
    others = [a_delivery(1), an_open(4, campaign="autumn"), an_open(5, facts=Facts.FORGED)]
    store.append([*hits, *others])
    assert store.folded_hits("spring", begin, 10) == FoldedHits(begin)
    catch_up(store)
    found = store.folded_hits("spring", begin, 10)
    assert [(hit.id, hit.recipient) for hit in found.hits] == [(hit.id, hit.recipient) for hit in hits]
    assert found.more == 0
    assert store.folded_hits("spring", found.cursor, 10) == FoldedHits(found.cursor)
    assert store.folded_hits("spring", "", 10) == FoldedHits(found.cursor)
    assert store.folded_hits("spring", found.hits[0].cursor, 10).hits == found.hits[1:]
    assert store.folded_hits("spring", begin, 10, found.hits[1].cursor).hits == found.hits[:2]


def test_hits_past_the_limit_are_counted_and_passed_over(store: Store) -> None:
    begin = store.folded_hits("spring", "", 10).cursor
    store.append([an_open(n, recipient=f"r-{n}") for n in range(5)])
    catch_up(store)
    found = store.folded_hits("spring", begin, 2)
    assert ([hit.recipient for hit in found.hits], found.more) == (["r-0", "r-1"], 3)
    assert store.folded_hits("spring", found.cursor, 2).hits == ()


def test_hits_of_an_erased_person_are_no_longer_given(store: Store) -> None:
    begin = store.folded_hits("spring", "", 10).cursor
    store.append([an_open(1), an_open(2, recipient="r-2")])
    catch_up(store)
    store.erase("r-1", NOW_MS)
    assert [hit.recipient for hit in store.folded_hits("spring", begin, 10).hits] == ["r-2"]


def test_nobody_counts_hits_that_are_far_back(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)
    far = str(int(store.folded_hits("spring", "", 10).cursor) - FARTHEST - 1)
    assert store.folded_hits("spring", far, 10).more is None


def test_the_place_of_a_hit_in_another_store_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        store.folded_hits("spring", "elsewhere", 10)


def test_the_change_of_another_process_is_noticed(tmp_path: Path) -> None:
    """Each store object has connections of its own, as a process has."""
    one, other = SqliteStore(tmp_path / "mailpixel.db"), SqliteStore(tmp_path / "mailpixel.db")
    seen = one.news_of_counts()
    assert one.news_of_counts(seen.cursor) == seen
    other.append([an_open(1)])
    assert one.news_of_counts(seen.cursor).campaigns == ()
    catch_up(other)
    assert one.news_of_counts(seen.cursor).campaigns == ("spring",)
    assert one.news_of_counts(seen.cursor).campaigns == ("spring",)
