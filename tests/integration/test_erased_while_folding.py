"""A person is left out first and erased a moment later; what is folded in between must still be found."""

from contextlib import closing
from pathlib import Path

from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import a_campaign, an_open, at_ms
from tests.support.folding import catch_up


def test_events_that_are_folded_between_leaving_out_and_erasing_are_erased(tmp_path: Path) -> None:
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    with closing(store), closing(registry):
        registry.add_campaign(a_campaign())
        store.append([an_open(10), an_open(11, recipient="r-2")])
        registry.note_erased(["r-1"], at_ms(20))
        catch_up(store)
        assert store.erase_all(["r-1"], at_ms(21)).events == 1
        assert [list(store.person(recipient)) == [] for recipient in ("r-1", "r-2")] == [True, False]
