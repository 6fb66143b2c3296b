"""A fold that is far behind the log reads whole messages, so what is news of them later has been judged already."""

from collections import Counter
from contextlib import closing
from pathlib import Path

from mailpixel.model import Campaign, Judged, Message
from mailpixel.projections.fold import Fold, FoldOptions
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.sqlite import SqliteStore
from tests.support.builders import a_campaign, a_click, a_delivery, an_open, at_ms, judge_plainly

PEOPLE = ("r-1", "r-2", "r-3")


def test_no_message_is_judged_twice_until_something_new_of_it_arrives(tmp_path: Path) -> None:
    judged: Counter[str] = Counter()

    def counting(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
        judged[message.recipient] += 1
        return judge_plainly(message, campaign)

    registry = MemoryRegistry()
    registry.add_campaign(a_campaign("spring"))
    registry.settled(registry.campaign("spring"))
    with closing(SqliteStore(tmp_path / "log.db")) as store:
        store.append([a_delivery(1, recipient=recipient) for recipient in PEOPLE])
        store.append([an_open(600, recipient=recipient) for recipient in PEOPLE])
        store.append([a_click(900, recipient=recipient) for recipient in PEOPLE])
        fold = Fold(store, registry, counting, "one", FoldOptions(news=3))
        fold.catch_up(lambda: at_ms(1_000_000), 1_000)
        assert judged == dict.fromkeys(PEOPLE, 1)
        assert [state.known for state in store.recipients("spring", "", 9)] == [3, 3, 3]
        store.append([an_open(5_000, recipient="r-2")])
        fold.catch_up(lambda: at_ms(1_000_000), 1_000)
        assert judged == {"r-1": 1, "r-2": 2, "r-3": 1}
        assert [state.known for state in store.recipients("spring", "", 9)] == [3, 4, 3]
        assert store.consumer("fold").waiting().events == 0
