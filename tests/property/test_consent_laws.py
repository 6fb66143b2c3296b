"""Laws of consent: the order of statements does not matter, and the people in memory say what the ledger says."""

from array import array
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mailpixel.ingest.people_cache import PeopleCache
from mailpixel.modes import UNASKED, Statement
from mailpixel.privacy.people import People
from mailpixel.store.consents import (
    CODES,
    CONSENTS,
    EVERY_PURPOSE,
    PURPOSES,
    STATEMENTS,
    STRICTNESS,
    Line,
    Said,
    key_of,
    statements_in,
    states_in,
)
from mailpixel.store.memory import MemoryRegistry

NOW_MS = 1_790_000_000_000
SECRET = b"s" * 32
STATEMENT = st.builds(
    Said,
    recipient=st.sampled_from(["a", "b", "c"]),
    purposes=st.integers(1, EVERY_PURPOSE),
    state=st.sampled_from(Statement),
    at_ms=st.integers(NOW_MS, NOW_MS + 5),
    source=st.sampled_from(["form", "file"]),
)
LINE = st.builds(
    Line,
    purposes=st.integers(1, EVERY_PURPOSE),
    state=st.sampled_from(sorted(CODES.values())),
    at_ms=st.integers(0, 5),
    source=st.just("form"),
)
PEOPLE = st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.integers(0, 31), max_size=30)


def ledger_of(statements: Sequence[Said]) -> MemoryRegistry:
    registry = MemoryRegistry()
    registry.record_consents(statements, NOW_MS)
    return registry


@given(st.lists(STATEMENT, max_size=12).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_in_which_statements_arrive_does_not_matter(orders: tuple[list[Said], list[Said]]) -> None:
    one, other = map(ledger_of, orders)
    for recipient in "abc":
        assert one.states_of(recipient) == other.states_of(recipient)


@given(st.lists(STATEMENT, max_size=12), st.data())
def test_recording_statements_again_changes_nothing(statements: list[Said], data: st.DataObject) -> None:
    registry = ledger_of(statements)
    before = registry.consents(limit=1_000)
    again = data.draw(st.lists(st.sampled_from(statements))) if statements else []
    registry.record_consents(again, NOW_MS + 1)
    assert registry.consents(limit=1_000) == before


@given(st.lists(LINE, max_size=12))
def test_for_each_purpose_the_latest_statement_holds_and_of_one_moment_the_strictest(
    lines: list[Line],
) -> None:
    for place, found in enumerate(statements_in(states_in(lines))):
        on_it = [line for line in lines if line.purposes >> place & 1]
        latest = max(((line.at_ms, STRICTNESS[line.state], line.state) for line in on_it), default=None)
        assert found == (Statement.UNKNOWN if latest is None else STATEMENTS[latest[2]])
    assert len(PURPOSES) == len(statements_in(0))


@given(PEOPLE, st.lists(PEOPLE, max_size=4))
def test_news_merged_into_the_people_is_what_was_said_last(
    first: dict[int, int], news: list[dict[int, int]]
) -> None:
    people = people_of(first)
    known = dict(first)
    for each in news:
        keys = sorted(each)
        people = people.with_news(array("q", keys), bytes(each[key] for key in keys))
        known |= each
    anew = people_of(known)
    assert (people._keys, people._states, people._starts) == (anew._keys, anew._states, anew._starts)
    assert len(people) == len(known)


def people_of(states: dict[int, int]) -> People:
    keys = sorted(states)
    return People.of(SECRET, array("q", keys), bytes(states[key] for key in keys))


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 31)), st.text("abcd", min_size=1)
)
def test_each_person_is_found_and_nobody_else(states: dict[str, int], other: str) -> None:
    people = people_of({key_of(SECRET, recipient): state for recipient, state in states.items()})
    assert {recipient: people.consent(recipient) for recipient in states} == {
        recipient: CONSENTS[state] for recipient, state in states.items()
    }
    assert other in states or people.consent(other) == UNASKED


@given(st.lists(st.lists(STATEMENT, max_size=4), max_size=4))
def test_a_copy_refreshed_at_any_moment_says_what_the_ledger_says(imports: list[list[Said]]) -> None:
    registry = MemoryRegistry()
    cache = PeopleCache(registry)
    for statements in imports:
        registry.record_consents(statements, NOW_MS)
        cache.refresh()
        for recipient in "abcd":
            assert cache.consent(recipient) == registry.consent_of(recipient)


def test_before_the_first_look_everybody_refuses() -> None:
    registry = MemoryRegistry()
    cache = PeopleCache(registry)
    assert cache.opted_out("a")
    cache.refresh()
    assert not cache.opted_out("a")
