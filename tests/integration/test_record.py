"""The record of processing says what is stored, by the settings and the database, in each of its languages."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.cli.record import lines_of
from mailpixel.errors import InvalidInput
from mailpixel.folder.opening import begin
from mailpixel.modes import OFF, Statement, Treatment, Untracked
from mailpixel.privacy.retained import RETAINED
from mailpixel.recorded import ROOM, purposes_in, recorded
from mailpixel.report.record import LANGUAGES, Record, record_of, texts
from mailpixel.settings import PREFIX, Settings
from mailpixel.store.consents import CLICKS, OPENS, Said
from mailpixel.store.keys import new_api_key
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.retention import Kept
from mailpixel.store.webhooks import Webhook
from mailpixel.times import moment_of
from tests.support.builders import a_campaign, an_open, at_ms
from tests.support.pages import a_person

NOW_MS = at_ms(100_000)
PRIVATE = (
    "mode",
    "consent",
    "gpc",
    "dnt",
    "address",
    "sender",
    "withdrawal",
    "retention",
    "backup",
    "purposes",
)


def filled() -> tuple[MemoryStore, MemoryRegistry]:
    store, registry = MemoryStore(), MemoryRegistry()
    registry.add_campaign(a_campaign())
    store.append([an_open(10)])
    registry.add_key(new_api_key("shop", "read", moment_of(NOW_MS))[0])
    registry.add_webhook(Webhook("crm", "https://crm.example/hook?key=hidden", ("opened",), 0))
    registry.record_consents(
        [
            Said("r-1", OPENS | CLICKS, Statement.GRANTED, NOW_MS, "form", "v1"),
            Said("r-2", OPENS, Statement.DENIED, NOW_MS, "form"),
        ],
        NOW_MS,
    )
    return store, registry


def text_of(settings: Settings, language: str = "en") -> str:
    return "\n".join(lines_of(record_of(recorded(settings, *filled(), NOW_MS), language)))


def shape(value: object) -> object:
    """The keys of texts, at every depth."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def test_every_language_has_the_same_texts() -> None:
    assert set(texts()) == set(LANGUAGES)
    assert shape(texts()["de"]) == shape(texts()["en"])
    assert set(texts()["en"]["kinds"]) == {each.kind.value for each in RETAINED}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_settings_give_the_same_text(language: str) -> None:
    settings = Settings(mode="individual")
    assert text_of(settings, language) == text_of(settings, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_of_the_room_is_in_it(language: str) -> None:
    text = text_of(Settings(), language)
    named = [name for name in Settings.__dataclass_fields__ if any(word in name for word in PRIVATE)]
    assert {*named} - {*ROOM} == set()
    assert all(f"{PREFIX}{setting.upper()}: " in text for setting in ROOM)


def test_it_counts_people_and_readers_and_names_no_person_and_no_secret() -> None:
    record = record_of(recorded(Settings(seeds=("r-seed",)), *filled(), NOW_MS), "en").to_json()
    text = json.dumps(record)
    assert {"name": "said yes to opens", "value": "1"} in record["people"]
    assert {"name": "said no to opens", "value": "1"} in record["people"]
    assert {"name": "API keys that see figures", "value": "1"} in record["readers"]
    events = next(kind for kind in record["kinds"] if kind["kind"] == "events")
    assert events["leaves"] == "webhooks post them to their receivers (crm.example)"
    assert (events["rows"], events["kept"], events["why"]) == ("1", "730 days", "not stated: decide")
    assert not any(word in text for word in ("r-1", "r-2", "r-seed", "hidden"))


def test_addresses_that_an_earlier_release_stored_are_told() -> None:
    store, registry = filled()
    store.append([an_open(20, address="203.0.113.7"), an_open(30, address="203.0.113.0", tag=b"12345678")])
    before, record = (
        record_of(recorded(Settings(mode="individual"), each, registry, NOW_MS), "en").to_json()
        for each in (MemoryStore(), store)
    )
    name = "Hits that still have the address stored before a mode was chosen"
    told = [
        next(fact["value"] for fact in each["protection"] if fact["name"] == name)
        for each in (before, record)
    ]
    assert told == ["0", f"{store.hits_with_address()}"]
    assert store.hits_with_address() == 2


def test_it_says_since_when_a_mode_holds_and_who_was_left_out_for_which_reason() -> None:
    store, registry = filled()
    refused = Treatment(OFF, Untracked.REFUSED, Untracked.REFUSED)
    registry.note_signings("spring", "day", {Treatment(): 7, refused: 2}, replace=True)
    registry.change_campaign(
        "spring", lambda campaign: replace(campaign, mode=OFF), "cli", moment_of(at_ms(86_400))
    )
    registry.choose_privacy("aggregate", "", at_ms(0))
    registry.note_retention(Kept.EVENTS, NOW_MS, 0)

    def record(**settings: Any) -> Record:
        return record_of(recorded(Settings(**settings), store, registry, NOW_MS), "en")

    modes = [(fact.name, fact.value) for fact in record().modes]
    assert modes[:4] == [
        ("The most that is recorded of anybody", "aggregate"),
        ("This holds since", "2026-09-21"),
        ("Of people who said neither yes nor no", "aggregate"),
        ("This holds since", "the beginning: it was never chosen"),
    ]
    assert modes[-1] == ("Campaigns with the mode off", "1, the first since 2026-09-22")
    assert record(mode="full").modes[1].value == "an unknown moment: an earlier release did not note it"
    events = next(kind for kind in record().kinds if kind.kind == "events")
    assert (events.since, events.last_run, events.last_removal) == ("2026-09-21", "2026-09-22", "never")
    assert {fact.name: fact.value for fact in record().untracked} == {
        "because of the mode": "0",
        "because the recipient refused": "2",
        "because the recipient said nothing": "0",
        "because the recipient was erased": "0",
    }


def test_whether_deleted_rows_are_overwritten_is_what_the_store_says() -> None:
    facts = recorded(Settings(), *filled(), NOW_MS)
    told = [
        record_of(replace(facts, overwrites=holds), "en").protection[1].value
        for holds in (facts.overwrites, False)
    ]
    assert told == ["yes", "no"]


def test_what_was_decided_is_no_longer_to_decide(tmp_path: Path) -> None:
    def undecided(settings: Settings) -> list[str]:
        return record_of(recorded(settings, *filled(), NOW_MS), "en").decide

    open_points = undecided(Settings())
    assert len(open_points) == 5
    words = tmp_path / "purposes.json"
    words.write_text('{"events": "To send less mail that nobody reads."}')
    settled = Settings(mode="individual", unknown_consent="aggregate", backup_days=30, purposes=words)
    assert undecided(settled) == [point for point in open_points if "choice page" in point]
    assert "To send less mail that nobody reads." in text_of(settled)
    assert "People who said nothing are counted without any identifier." in text_of(settled)


def test_each_kind_may_have_a_purpose_and_the_manual_names_it(tmp_path: Path) -> None:
    kinds = [kind.kind for kind in record_of(recorded(Settings(), *filled(), NOW_MS), "en").kinds]
    words = tmp_path / "purposes.json"
    words.write_text(json.dumps(dict.fromkeys(kinds, "To know.")))
    settings = Settings(purposes=words)
    told = record_of(recorded(settings, *filled(), NOW_MS), "de").kinds
    assert {kind.why for kind in told} == {"To know."}
    manual = (files("mailpixel.docs") / "privacy.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"JSON object of your words by kind: (.*)\.\n", manual)
    assert named == ", ".join(f"`{kind}`" for kind in kinds)


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"other": "x"}', '{"events": 1}'])
def test_a_file_of_purposes_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    words = tmp_path / "purposes.json"
    words.write_text(text)
    with pytest.raises(InvalidInput, match="MAILPIXEL_PURPOSES"):
        purposes_in(words)


def test_the_command_prints_it_as_text_and_as_json(tmp_path: Path) -> None:
    begin(Settings(data=tmp_path))
    printed = {
        arguments: CliRunner().invoke(cli, ["--data", str(tmp_path), "record", *arguments])
        for arguments in ((), ("--lang", "de"), ("--json",))
    }
    assert {done.exit_code for done in printed.values()} == {0}
    assert printed[()].stdout.startswith("Record of processing")
    assert printed["--lang", "de"].stdout.startswith("Verzeichnis der Verarbeitung")
    assert json.loads(printed["--json",].stdout)["language"] == "en"


def test_the_page_shows_it_in_the_chosen_language_to_whoever_may_change_settings(tmp_path: Path) -> None:
    with a_person(tmp_path / "data") as person:
        assert person.get("/settings/privacy").status_code == 303
        key, text = new_api_key("officer", "write", datetime.now(UTC))
        begin(Settings(data=person.data))[1].add_key(key)
        person.post("/sign-in", "/", {"key": text, "next": "/campaigns"})
        page = person.get("/settings/privacy").text
        assert "Record of processing" in page
        assert 'aria-current="page"' in page
        assert '<div lang="de">' in person.get("/settings/privacy?lang=de").text
        assert '<div lang="en">' in person.get("/settings/privacy?lang=xx").text
