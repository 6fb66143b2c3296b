"""Consent, on every registry: what holds, what stays as proof, who is suppressed, and what is news."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mailpixel.modes import UNASKED, Consent, Statement
from mailpixel.store.consents import (
    CLICKS,
    EVERY_PURPOSE,
    MAIL,
    MOST_OWN,
    OPENS,
    Kept,
    Said,
    Taken,
    Wording,
    key_of,
)
from mailpixel.store.registry import Registry
from mailpixel.times import moment_of
from tests.support.stores import REGISTRIES, a_registry

GRANTED, DENIED, UNKNOWN = Statement.GRANTED, Statement.DENIED, Statement.UNKNOWN
NOW_MS = 1_790_000_000_000


@pytest.fixture(params=REGISTRIES)
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        yield made


def said(
    state: Statement = GRANTED, at_ms: int = NOW_MS, purposes: int = MAIL, recipient: str = "r-1", **more: str
) -> Said:
    return Said(recipient, purposes, state, at_ms, more.pop("source", "form"), **more)


def recorded(registry: Registry, *statements: Said, **how: bool) -> list[Taken]:
    return list(registry.record_consents(statements, NOW_MS, **how))


def test_the_later_statement_holds_whichever_arrives_first(registry: Registry) -> None:
    assert recorded(registry, said(DENIED, NOW_MS - 1)) == [Taken.TAKEN]
    assert recorded(registry, said(GRANTED, NOW_MS - 2)) == [Taken.OLDER]
    assert registry.consent_of("r-1") == Consent(DENIED, DENIED)
    assert recorded(registry, said(GRANTED, NOW_MS, OPENS)) == [Taken.TAKEN]
    assert registry.consent_of("r-1") == Consent(GRANTED, DENIED)
    assert registry.consent_of("r-2") == UNASKED


def test_of_one_moment_the_stricter_statement_holds(registry: Registry) -> None:
    for state in (GRANTED, UNKNOWN, GRANTED):
        recorded(registry, said(state))
    assert registry.consent_of("r-1") == UNASKED
    recorded(registry, said(DENIED), said(UNKNOWN))
    assert registry.consent_of("r-1") == Consent(DENIED, DENIED)


def test_purposes_hold_apart_and_all_are_kept(registry: Registry) -> None:
    recorded(registry, said(DENIED, NOW_MS, EVERY_PURPOSE), said(GRANTED, NOW_MS + 1, CLICKS))
    assert registry.consent_of("r-1") == Consent(DENIED, GRANTED)
    assert registry.states_of("r-1") == (DENIED, GRANTED, DENIED, DENIED, DENIED, DENIED)
    assert registry.states_of("r-2") == (UNKNOWN,) * 6


def test_the_same_statement_twice_is_recorded_once(registry: Registry) -> None:
    assert recorded(registry, said(), said()) == [Taken.TAKEN, Taken.KNOWN]
    assert recorded(registry, said(purposes=OPENS), said(purposes=EVERY_PURPOSE)) == [
        Taken.KNOWN,
        Taken.TAKEN,
    ]
    assert [each.purposes for each in registry.history("r-1")] == [MAIL, EVERY_PURPOSE & ~MAIL]
    assert recorded(registry, said(source="other")) == [Taken.TAKEN]


def test_the_history_is_the_proof_in_order_of_time(registry: Registry) -> None:
    recorded(registry, said(DENIED, NOW_MS), said(GRANTED, NOW_MS - 5, wording="v1", source="paper"))
    history = [replace(each, position=0) for each in registry.history("r-1")]
    assert history == [
        Kept(0, "r-1", MAIL, GRANTED, NOW_MS - 5, NOW_MS, "paper", "v1", "import"),
        Kept(0, "r-1", MAIL, DENIED, NOW_MS, NOW_MS, "form", "", "import"),
    ]
    assert registry.history("r-2") == []


def test_the_ledger_is_read_in_pages(registry: Registry) -> None:
    recorded(registry, *(said(recipient=f"r-{number}") for number in range(5)))
    first = registry.consents(0, 2)
    rest = registry.consents(first[-1].position)
    assert len(first) == 2
    assert sorted(str(each.recipient) for each in [*first, *rest]) == [f"r-{number}" for number in range(5)]


def test_news_is_whose_consent_changed(registry: Registry) -> None:
    secret = registry.person_secret()
    recorded(registry, said(recipient="a"), said(DENIED, recipient="b", purposes=CLICKS))
    first = registry.consent_news(0)
    assert dict(zip(first.keys, first.states, strict=True)) == {
        key_of(secret, "a"): 5,
        key_of(secret, "b"): 8,
    }
    assert list(first.keys) == sorted(first.keys)
    recorded(registry, said(recipient="a"), said(GRANTED, NOW_MS - 9, recipient="b"))
    second = registry.consent_news(first.revision)
    assert dict(zip(second.keys, second.states, strict=True)) == {key_of(secret, "b"): 9}
    nothing = registry.consent_news(second.revision)
    assert (nothing.revision, list(nothing.keys), nothing.states) == (second.revision, [], b"")


def test_a_statement_that_changes_nothing_is_no_news(registry: Registry) -> None:
    recorded(registry, said(DENIED))
    revision = registry.consent_news(0).revision
    recorded(registry, said(GRANTED, NOW_MS - 1), said(DENIED, NOW_MS + 1))
    assert registry.consent_news(revision).revision == revision


def test_an_erased_person_loses_the_id_and_nothing_is_recorded_of_them(registry: Registry) -> None:
    recorded(registry, said(), said(recipient="r-2"))
    registry.note_erased(["r-1"], NOW_MS)
    assert registry.consent_of("r-1") == Consent(GRANTED, GRANTED, erased=True)
    assert recorded(registry, said(GRANTED, NOW_MS + 9), said(DENIED, NOW_MS + 9)) == [Taken.SUPPRESSED] * 2
    assert [(each.recipient, each.source) for each in registry.history("r-1")] == [(None, "form")]
    assert registry.consent_of("r-2") == Consent(GRANTED, GRANTED)


def test_someone_unknown_can_be_erased_and_that_is_news(registry: Registry) -> None:
    revision = registry.consent_news(0).revision
    registry.note_erased(["r-9"], NOW_MS)
    news = registry.consent_news(revision)
    assert (list(news.keys), news.states) == ([key_of(registry.person_secret(), "r-9")], b"\x10")


def test_only_a_later_grant_that_lifts_brings_an_erased_person_back(registry: Registry) -> None:
    recorded(registry, said(GRANTED, NOW_MS - 5))
    registry.note_erased(["r-1"], NOW_MS)
    assert recorded(registry, said(GRANTED, NOW_MS), lift=True) == [Taken.SUPPRESSED]
    assert recorded(registry, said(DENIED, NOW_MS + 1), lift=True) == [Taken.SUPPRESSED]
    assert recorded(registry, said(GRANTED, NOW_MS + 1, OPENS), lift=True) == [Taken.TAKEN]
    assert registry.consent_of("r-1") == Consent(GRANTED, DENIED), "the grant from before is void"
    assert [(each.recipient, each.source) for each in registry.history("r-1")] == [
        (None, "form"),
        (None, "erasure"),
        ("r-1", "form"),
    ]
    assert recorded(registry, said(GRANTED, NOW_MS + 1, CLICKS)) == [Taken.TAKEN]
    assert registry.consent_of("r-1") == Consent(GRANTED, GRANTED)


def test_whoever_is_let_back_refuses_everything_until_they_agree(registry: Registry) -> None:
    recorded(registry, said(GRANTED, NOW_MS - 5))
    registry.note_erased(["r-1"], NOW_MS)
    revision = registry.consent_news(0).revision
    registry.note_lifted(["r-1", "r-2"], NOW_MS + 3)
    assert registry.consent_of("r-1") == Consent(DENIED, DENIED)
    assert registry.consent_of("r-2") == UNASKED
    assert 10 in registry.consent_news(revision).states
    assert recorded(registry, said(GRANTED, NOW_MS + 4)) == [Taken.TAKEN]


def test_what_a_person_says_here_holds_over_a_clock_that_was_ahead(registry: Registry) -> None:
    recorded(registry, said(GRANTED, NOW_MS + 80_000_000))
    assert recorded(registry, said(DENIED, NOW_MS, OPENS, method="page"), own=True) == [Taken.TAKEN]
    assert registry.consent_of("r-1") == Consent(DENIED, GRANTED)
    [_, own] = registry.history("r-1")
    assert (own.at_ms, own.recorded_ms) == (NOW_MS + 80_000_001, NOW_MS)


def test_a_person_who_says_it_again_here_is_recorded_once_and_an_import_is_no_own_word(
    registry: Registry,
) -> None:
    recorded(registry, said(GRANTED, NOW_MS - 5))
    own = [recorded(registry, said(at_ms=NOW_MS + at, method="page"), own=True) for at in (0, 1)]
    assert own == [[Taken.TAKEN], [Taken.KNOWN]]
    assert [each.method for each in registry.history("r-1")] == ["import", "page"]


def test_a_persons_own_grant_brings_them_back_and_their_refusal_leaves_no_id(registry: Registry) -> None:
    registry.note_erased(["r-1", "r-2"], NOW_MS)
    assert recorded(registry, said(DENIED, recipient="r-2", method="page"), own=True) == [Taken.TAKEN]
    assert [each.recipient for each in registry.history("r-2")] == [None]
    assert registry.consent_of("r-2") == Consent(DENIED, DENIED, erased=True)
    assert recorded(registry, said(GRANTED, method="page"), own=True) == [Taken.TAKEN]
    assert registry.consent_of("r-1") == Consent(GRANTED, GRANTED)


def test_own_statements_beyond_a_bound_replace_the_oldest_that_no_longer_hold(registry: Registry) -> None:
    recorded(registry, said(GRANTED, NOW_MS - 1), said(DENIED, purposes=CLICKS, method="page"), own=True)
    for number in range(MOST_OWN + 20):
        state = DENIED if number % 2 else GRANTED
        recorded(registry, said(state, NOW_MS + number, OPENS, method="page"), own=True)
    assert registry.consent_of("r-1") == Consent(DENIED, DENIED)
    assert MOST_OWN <= len(registry.history("r-1")) <= MOST_OWN + 2


def test_an_opt_out_refuses_opens_and_clicks_and_can_be_taken_back(registry: Registry) -> None:
    registry.opt_out("r-1", moment_of(NOW_MS))
    assert registry.is_opted_out("r-1")
    assert registry.consent_of("r-1") == Consent(DENIED, DENIED)
    [kept] = registry.history("r-1")
    assert (kept.purposes, kept.method) == (MAIL, "optout")
    recorded(registry, said(GRANTED, NOW_MS + 5, CLICKS))
    assert not registry.is_opted_out("r-1")


def test_many_statements_are_answered_in_their_order(registry: Registry) -> None:
    many = [said(recipient=f"r-{number % 2_500}") for number in range(3_000)]
    assert recorded(registry, *many) == [Taken.TAKEN] * 2_500 + [Taken.KNOWN] * 500


def test_wordings_are_chosen_by_language_and_kept_as_proof(registry: Registry) -> None:
    shown, first, second = (
        Wording("a", "de", "{}", None),
        Wording("b", "de", "{1}", NOW_MS),
        Wording("c", "de", "{2}", NOW_MS + 1),
    )
    registry.keep_wording(shown)
    registry.choose_wording(second)
    registry.choose_wording(first)
    registry.keep_wording(replace(first, chosen_ms=None))
    assert registry.wordings() == [shown, first, second]
    again = replace(first, chosen_ms=NOW_MS + 2)
    registry.choose_wording(again)
    assert registry.wordings() == [shown, second, again]


def test_a_dry_run_answers_the_same_and_records_nothing(registry: Registry) -> None:
    recorded(registry, said(DENIED))
    registry.note_erased(["r-9"], NOW_MS - 5)
    revision = registry.consent_news(0).revision
    statements = (said(GRANTED, NOW_MS + 1), said(GRANTED, NOW_MS - 1), said(recipient="r-9"), said(DENIED))
    dry = recorded(registry, *statements, lift=True, dry=True)
    assert (len(registry.history("r-1")), registry.consent_of("r-9").erased) == (1, True)
    assert list(registry.consent_news(revision).keys) == []
    assert dry == recorded(registry, *statements, lift=True)
    assert dry == [Taken.TAKEN, Taken.OLDER, Taken.TAKEN, Taken.KNOWN]


def test_two_imports_of_the_same_file_at_once_record_it_once(registry: Registry) -> None:
    many = [said(recipient=f"r-{number}") for number in range(2_500)]
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: recorded(registry, *many), range(2)))
    assert Counter(both[0]) + Counter(both[1]) == {Taken.TAKEN: 2_500, Taken.KNOWN: 2_500}
    assert len(registry.consents(0, 10_000)) == 2_500
