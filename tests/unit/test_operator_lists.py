"""What the operator adds to the shipped lists and strikes out of them, and the file it is kept in."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from mailpixel.classify import Certainty, KnownAgent, Network, Rules, Scope
from mailpixel.classify.operator_lists import OperatorLists, operator_network
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.folder.operator_file import (
    RulesInForce,
    change_operator_lists,
    load_operator_lists,
    operator_file,
    rules_of,
)
from mailpixel.model import Verdict
from mailpixel.settings import Settings

GATE = Network("203.0.113.0/24", "gate", Scope.ALL, Certainty.CERTAIN)
SHIPPED = "40.107.0.0/16"
LISTS = OperatorLists((GATE,), frozenset({SHIPPED}), (KnownAgent("ourmonitor", Verdict.BOT),))
DOCUMENT = {
    "version": 1,
    "networks": [{"prefix": "203.0.113.0/24", "name": "gate", "scope": "all", "certainty": "certain"}],
    "without": [SHIPPED],
    "agents": [{"contains": "ourmonitor", "verdict": "bot"}],
}


def test_lists_are_written_as_they_are_read() -> None:
    assert LISTS.to_json() == DOCUMENT
    assert OperatorLists.read(DOCUMENT) == LISTS


def test_a_document_may_leave_lists_out_and_spell_networks_loosely() -> None:
    rows = [{"prefix": "192.0.2.7/24", "name": " a "}, {"prefix": "192.0.2.0/24", "name": "b"}]
    read = OperatorLists.read({"version": 1, "networks": rows})
    assert read == OperatorLists((Network("192.0.2.0/24", "b"),))


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "version"),
        ({}, "version"),
        ({"version": 2}, "version"),
        ({"version": 1, "network": []}, "network"),
        ({"version": 1, "networks": {}}, "networks"),
        ({"version": 1, "networks": ["192.0.2.0/24"]}, "networks, entry 1"),
        ({"version": 1, "networks": [{"prefix": 7, "name": "n"}]}, "networks, entry 1"),
        (
            {"version": 1, "networks": [{"prefix": "192.0.2.0/24", "name": "n", "why": ""}]},
            "networks, entry 1",
        ),
        ({"version": 1, "networks": [{"prefix": "192.0.2.0/24"}]}, "networks, entry 1, name"),
        ({"version": 1, "without": ["192.0.2.0/24", "here"]}, "without, entry 2, prefix"),
        ({"version": 1, "agents": [{"contains": "x", "verdict": "nice"}]}, "agents, entry 1, verdict"),
        ({"version": 1, "agents": [{"contains": " ", "verdict": "bot"}]}, "agents, entry 1, contains"),
    ],
)
def test_a_faulty_document_is_refused_by_list_entry_and_field(document: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        OperatorLists.read(document)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"prefix": "0.0.0.0/0", "name": "n"}, "prefix"),
        ({"prefix": "10.0.0.0/7", "name": "n"}, "prefix"),
        ({"prefix": "2001::/15", "name": "n"}, "prefix"),
        ({"prefix": "::ffff:192.0.2.0/120", "name": "n"}, "prefix"),
        ({"prefix": "192.0.2.0/33", "name": "n"}, "prefix"),
        ({"prefix": "192.0.2.0/24", "name": "  "}, "name"),
        ({"prefix": "192.0.2.0/24", "name": "n" * 101}, "name"),
        ({"prefix": "192.0.2.0/24", "name": "a\nb"}, "name"),
        ({"prefix": "192.0.2.0/24", "name": "n", "scope": "opens"}, "scope"),
        ({"prefix": "192.0.2.0/24", "name": "n", "certainty": "sure"}, "certainty"),
    ],
)
def test_an_entry_that_would_condemn_the_internet_or_says_nothing_is_refused(
    entry: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        operator_network(**entry)
    assert caught.value.field == field


def test_a_shield_for_people_may_be_as_wide_as_it_likes() -> None:
    assert operator_network("::/0", "everybody", certainty="people").prefix == "::/0"


def test_an_added_entry_takes_the_place_of_an_older_one_for_its_prefix() -> None:
    newer = Network(GATE.prefix, "newer")
    assert OperatorLists().added(GATE).added(newer) == OperatorLists((newer,))


def test_removing_takes_the_operators_own_entry_first_and_then_strikes_out_the_shipped_one() -> None:
    lists = OperatorLists().added(Network(SHIPPED, "mine"))
    once = lists.removed("40.107.1.1/16")
    assert once == OperatorLists()
    assert once.removed(SHIPPED) == OperatorLists(without=frozenset({SHIPPED}))
    assert once.removed(SHIPPED).restored(SHIPPED) == OperatorLists()


@pytest.mark.parametrize("prefix", ["203.0.113.0/25", SHIPPED])
def test_what_is_not_there_cannot_be_removed(prefix: str) -> None:
    with pytest.raises(NotFound):
        LISTS.removed(prefix)


def test_what_is_not_struck_out_cannot_be_restored() -> None:
    with pytest.raises(NotFound):
        OperatorLists().restored(SHIPPED)


def test_no_file_means_no_lists(tmp_path: Path) -> None:
    assert load_operator_lists(operator_file(tmp_path)) == OperatorLists()
    assert rules_of(Settings(data=tmp_path)) == Rules()


def test_rules_take_in_the_settings_and_the_lists(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "new", seeds=("s-1",), operator_networks=("192.0.2.0/24",))
    assert change_operator_lists(operator_file(settings.data), lambda _: LISTS) == (OperatorLists(), LISTS)
    assert rules_of(settings) == Rules(
        seeds=frozenset({"s-1"}),
        operator_networks=("192.0.2.0/24",),
        networks=LISTS.networks,
        agents=LISTS.agents,
        without=LISTS.without,
    )
    assert rules_of(settings).version != Rules(seeds=frozenset({"s-1"})).version


@pytest.mark.parametrize("text", ["", "{", "\ufeffx", '{"version": 9}', "[" * 100_000])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = operator_file(tmp_path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        change_operator_lists(path, lambda lists: lists.added(GATE))
    assert caught.value.field.startswith(str(path))
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    operator_file(tmp_path).mkdir()
    with pytest.raises(InvalidInput, match="must be able to read"):
        load_operator_lists(operator_file(tmp_path))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(InvalidInput, match="must be able to read"):
        change_operator_lists(operator_file(tmp_path / "data"), lambda lists: lists)


def test_a_change_that_fails_changes_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = operator_file(tmp_path)
    change_operator_lists(path, lambda _: LISTS)
    with pytest.raises(NotFound):
        change_operator_lists(path, lambda lists: lists.removed("198.51.100.0/24"))
    assert json.loads(path.read_text()) == DOCUMENT
    assert list(tmp_path.iterdir()) == [path]


def test_changes_made_at_once_never_undo_each_other(tmp_path: Path) -> None:
    path = operator_file(tmp_path)
    entries = [Network(f"192.0.2.{n}/32", f"n{n}") for n in range(24)]
    threads = [
        threading.Thread(target=change_operator_lists, args=(path, lambda lists, e=entry: lists.added(e)))
        for entry in entries
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(load_operator_lists(path).networks) == set(entries)


def test_whoever_runs_long_meets_a_change_and_a_file_taken_away(tmp_path: Path) -> None:
    in_force = RulesInForce(Settings(data=tmp_path))
    plain = in_force.now
    change_operator_lists(operator_file(tmp_path), lambda _: LISTS)
    in_force.look()
    changed = in_force.now
    assert changed.known_networks.lookup("203.0.113.9") == GATE
    assert changed.version != plain.version
    in_force.look()
    assert in_force.now is changed
    operator_file(tmp_path).unlink()
    in_force.look()
    assert in_force.now == plain


def test_a_file_damaged_meanwhile_leaves_the_rules_as_they_were_until_it_is_mended(tmp_path: Path) -> None:
    change_operator_lists(operator_file(tmp_path), lambda _: LISTS)
    in_force = RulesInForce(Settings(data=tmp_path))
    before, whole = in_force.now, operator_file(tmp_path).read_text()
    operator_file(tmp_path).write_text("oh")
    for _ in range(2):
        with pytest.raises(InvalidInput, match="is not JSON"):
            in_force.look()
    assert in_force.now is before
    operator_file(tmp_path).write_text(whole)
    in_force.look()
    assert in_force.now == before


@pytest.mark.parametrize(("umask", "mode"), [(0o000, 0o644), (0o077, 0o600), (0o777, 0o600)])
def test_only_the_owner_may_write_the_file_whatever_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        change_operator_lists(operator_file(tmp_path), lambda _: LISTS)
    finally:
        os.umask(before)
    assert operator_file(tmp_path).stat().st_mode & 0o777 == mode
