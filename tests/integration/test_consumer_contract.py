"""What every store must do for the named readers of its log, run on each of them."""

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.model import Message
from mailpixel.store.consumers import Consumer, Part, Waiting
from mailpixel.store.projections import FOLD
from mailpixel.store.store import Store
from tests.support.builders import an_open, at_ms
from tests.support.folding import catch_up, totals


def read(consumer: Consumer, limit: int = 10) -> list[str]:
    """The recipients of the next news, which the consumer is done with then."""
    news = consumer.news(limit)
    recipients = [each.recipient for each in news.messages]
    consumer.done(news.position)
    return recipients


def test_a_batch_has_the_messages_of_this_number_of_events(store: Store) -> None:
    store.append([an_open(n, recipient=f"r-{n}") for n in range(5)])
    reader = store.consumer("reader")
    assert [read(reader, 3), read(reader, 3), read(reader, 3)] == [["r-0", "r-1", "r-2"], ["r-3", "r-4"], []]


def test_news_comes_again_until_the_consumer_is_done_with_it(store: Store) -> None:
    store.append([an_open(1)])
    reader = store.consumer("reader")
    first, again = reader.news(10), reader.news(10)
    assert (first.since, first.position) == (again.since, again.position)
    reader.done(first.position)
    none = store.consumer("reader").news(10)
    assert (none.since, none.position, list(none.messages)) == (first.position, first.position, [])


def test_each_consumer_reads_the_whole_log_at_its_own_pace(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    assert read(store.consumer("one"), 1) == ["r-1"]
    catch_up(store)
    store.append([an_open(3, recipient="r-3")])
    assert read(store.consumer("one")) == ["r-2", "r-3"]
    assert read(store.consumer("two")) == ["r-1", "r-2", "r-3"]
    catch_up(store)
    assert totals(store)["opens.events"] == 3


def test_a_message_comes_whole_also_to_those_who_read_its_beginning(store: Store) -> None:
    first, second = an_open(1), an_open(2)
    store.append([first])
    reader = store.consumer("reader")
    read(reader)
    store.append([second])
    (message,) = reader.news(10).messages
    assert isinstance(message, Message)
    assert list(message.events) == [first, second]


def test_a_consumer_that_steps_back_reads_again(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    reader = store.consumer("reader")
    earlier = reader.news(1)
    reader.done(earlier.position)
    assert read(reader) == ["r-2"]
    reader.done(earlier.position)
    assert read(reader) == ["r-2"]
    reader.done("")
    assert read(reader) == ["r-1", "r-2"]


def test_what_waits_is_said_of_each_consumer(store: Store) -> None:
    reader = store.consumer("reader")
    assert reader.waiting() == Waiting()
    store.append([an_open(5), an_open(6, recipient="r-2"), an_open(7)])
    assert reader.waiting() == Waiting(3, at_ms(5))
    read(reader, 2)
    assert (reader.waiting(), store.consumer(FOLD).waiting()) == (Waiting(1, at_ms(7)), Waiting(3, at_ms(5)))
    read(reader)
    assert reader.waiting() == Waiting()


def test_the_parts_of_a_consumer_share_all_messages_between_them(store: Store) -> None:
    recipients = [f"r-{n:03}" for n in range(200)]
    store.append([an_open(n, recipient=name) for n, name in enumerate(recipients)])
    parts = [store.consumer("reader", Part(number, 3)) for number in range(3)]
    shares = [read(part, 200) for part in parts]
    assert sorted(name for share in shares for name in share) == recipients
    assert all(30 < len(share) < 110 for share in shares)
    assert [read(part, 200) for part in parts] == [[], [], []]
    store.append([an_open(1_000, recipient=name) for name in recipients])
    assert [sorted(read(part, 200)) for part in parts] == [sorted(share) for share in shares]


def test_a_part_moves_on_past_the_news_of_the_others(store: Store) -> None:
    store.append([an_open(n) for n in range(4)])
    parts = [store.consumer("reader", Part(number, 2)) for number in range(2)]
    moves = [part.news(2).position for part in parts]
    assert moves[0] == moves[1] != ""
    for part in parts:
        while (news := part.news(2)).position != news.since:
            part.done(news.position)
    assert [part.waiting() for part in parts] == [Waiting(), Waiting()]


@pytest.mark.parametrize("part", [Part(1, 1), Part(-1, 2), Part(0, 0)])
def test_a_part_that_there_is_not_is_refused(store: Store, part: Part) -> None:
    with pytest.raises(InvalidInput, match="part"):
        store.consumer("reader", part)


def test_a_foreign_position_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        store.consumer("reader").done("yesterday")


def test_an_erased_person_is_no_news(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    reader = store.consumer("reader")
    read(reader, 1)
    store.erase("r-2", at_ms(10))
    assert read(reader) == []
    store.append([an_open(20, recipient="r-3")])
    assert read(reader) == ["r-3"]
