"""Backups: what they hold, what is refused, and that a restore loses nothing that people refused since."""

import json
import os
import signal
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.backups.contents import LIST, check_backup, read_contents
from mailpixel.backups.exchanging import unused
from mailpixel.backups.restoring import restore
from mailpixel.backups.taking import take_backup
from mailpixel.cli import cli
from mailpixel.errors import Conflict, InvalidInput, KeyringError, MailpixelError, StoreUnavailable
from mailpixel.folder.key_changes import remove_key, rotate_keys
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.opening import begin, open_stores
from mailpixel.kinds import EventKind
from mailpixel.modes import Statement
from mailpixel.privacy.optout import opt_out, record_statements
from mailpixel.settings import Settings
from mailpixel.store.consents import EVERY_PURPOSE, MAIL, Said, Wording
from mailpixel.store.keys import new_api_key
from mailpixel.times import now_ms
from tests.support.builders import SENT_AT_MS, a_campaign, a_click, an_open

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
NOW_MS = SENT_AT_MS + 5_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with a campaign, two hits, a salt and an API key."""
    settings = Settings(data=tmp_path / "data", base_url="https://t.example", mode="individual")
    store, registry, _ = begin(settings)
    registry.add_campaign(a_campaign())
    registry.add_key(new_api_key("reader", "read", NOW)[0])
    store.append([an_open(1, recipient="r-1"), a_click(2, recipient="r-2")])
    store.salts([20_000])
    store.close()
    registry.close()
    return settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def run(settings: Settings, *words: str, given: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["--data", str(settings.data), *words], input=given)
    return done.exit_code, done.stdout, done.stderr


def elsewhere(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "elsewhere", base_url="https://t.example")


def logged(settings: Settings) -> list[tuple[str, EventKind]]:
    store, registry = open_stores(settings)
    with closing(store), closing(registry):
        return [
            (message.recipient, event.kind)
            for message in store.messages("spring")
            for event in message.events
        ]


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_holds_the_database_the_keys_and_a_list_of_both_for_its_owner_only(
    settings: Settings, folder: Path
) -> None:
    folder.mkdir(mode=0o755)
    contents = take_backup(settings, folder, NOW_MS)
    assert modes(folder) == dict.fromkeys(("mailpixel.db", "keys.json", LIST), 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (contents.database.events, contents.database.campaigns) == (2, 1)
    assert contents.database.last_event_ms == SENT_AT_MS + 2_000
    assert (folder / "keys.json").read_bytes() == settings.key_file.read_bytes()
    assert check_backup(folder) == read_contents(folder) == contents


def test_a_backup_has_no_salts_and_nobody_who_works_on_it(settings: Settings, folder: Path) -> None:
    _, registry = open_stores(settings)
    assert registry.take_lease("fold", "somebody", now_ms(), 60_000)
    salt = bytes(open_stores(settings)[0].salts()[20_000])
    take_backup(settings, folder, NOW_MS)
    assert salt not in (folder / "mailpixel.db").read_bytes()
    with closing(sqlite3.connect(f"file:{folder}/mailpixel.db?immutable=1", uri=True)) as copy:
        assert copy.execute("select count(*) from salts").fetchone() == (0,)
        assert copy.execute("select holder, expires_at_ms from leases").fetchall() == [("", 0)]
    assert open_stores(settings)[0].salt_days() == [20_000], "those of the service stay"


@pytest.mark.parametrize("name", ["inside", "full"])
def test_a_folder_that_is_not_empty_or_is_in_the_data_folder_takes_no_backup(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    places = {"inside": settings.data / "backup", "full": tmp_path}
    before = files_of(tmp_path)
    with pytest.raises(InvalidInput, match=r"FOLDER: is (not empty|in the data folder)"):
        take_backup(settings, places[name], NOW_MS)
    assert files_of(tmp_path) == before


def test_a_backup_that_fails_leaves_the_folder_empty(settings: Settings, folder: Path) -> None:
    settings.key_file.unlink()
    with pytest.raises(StoreUnavailable, match="No such file"):
        take_backup(settings, folder, NOW_MS)
    assert list(folder.iterdir()) == []


def test_keys_that_did_not_sign_for_the_database_make_no_backup(settings: Settings, folder: Path) -> None:
    other = begin(Settings(data=folder.parent / "other"))[2]
    assert other
    settings.key_file.write_bytes((folder.parent / "other" / "keys.json").read_bytes())
    with pytest.raises(KeyringError, match="belongs to another data folder"):
        take_backup(settings, folder, NOW_MS)
    assert list(folder.iterdir()) == []


def test_a_damaged_database_makes_no_backup(settings: Settings, folder: Path) -> None:
    damage(settings.database)
    with pytest.raises(StoreUnavailable, match="damaged"):
        take_backup(settings, folder, NOW_MS)
    assert list(folder.iterdir()) == []


def damage(path: Path) -> None:
    """Write over the middle of the pages of the events and their index."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        pages = connection.execute(
            "select rootpage from sqlite_master where tbl_name = 'events' and rootpage"
        )
        found = [page for (page,) in pages]
    with path.open("r+b") as file:
        for page in found:
            file.seek((page - 1) * 4096)
            file.write(os.urandom(4096))


def cut_short(folder: Path) -> None:
    os.truncate(folder / "mailpixel.db", 4096)


def without_its_list(folder: Path) -> None:
    (folder / LIST).unlink()


def without_keys(folder: Path) -> None:
    (folder / "keys.json").unlink()


def of_a_newer_format(folder: Path) -> None:
    (folder / LIST).write_text((folder / LIST).read_text().replace('"format": 1', '"format": 2'))


def with_a_list_that_is_none(folder: Path) -> None:
    (folder / LIST).write_text("{}")


def of_another_file(folder: Path) -> None:
    (folder / LIST).write_text((folder / LIST).read_text().replace("keys.json", "../keys.json"))


BAD = {
    cut_short: "mailpixel.db is not as it was written",
    without_its_list: "is no complete backup",
    without_keys: "keys.json: No such file",
    of_a_newer_format: "made by a newer mailpixel",
    with_a_list_that_is_none: "cannot be understood",
    of_another_file: "lacks keys.json",
}


@pytest.mark.parametrize("spoil", BAD, ids=lambda each: each.__name__)
def test_a_backup_that_is_not_whole_is_refused_before_anything_is_touched(
    settings: Settings, folder: Path, spoil: object
) -> None:
    take_backup(settings, folder, NOW_MS)
    assert callable(spoil)
    spoil(folder)
    before = files_of(settings.data)
    with pytest.raises(MailpixelError, match=BAD[spoil]):
        restore(settings, folder, NOW_MS)
    assert files_of(settings.data) == before
    code, _, said = run(settings, "restore", str(folder), "--check")
    assert (code, said.count("error: ")) == (1, 1)


def test_a_backup_is_restored_elsewhere_and_stays_as_it_is(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    take_backup(settings, folder, NOW_MS)
    before, there = files_of(folder), elsewhere(tmp_path)
    restored = restore(there, folder, NOW_MS)
    assert (restored.replaced, restored.statements, restored.keys) == ("", 0, 1)
    assert logged(there) == logged(settings) == [("r-1", EventKind.OPEN), ("r-2", EventKind.CLICK)]
    assert load_keyring(there.key_file) == load_keyring(settings.key_file)
    assert files_of(folder) == before
    assert {name for name in modes(there.data) if name.startswith(".")} == set()
    assert set(modes(there.data).values()) == {0o600}


def test_a_restore_keeps_what_people_refused_since_the_backup(settings: Settings, folder: Path) -> None:
    take_backup(settings, folder, NOW_MS)
    store, registry = open_stores(settings)
    with closing(store), closing(registry):
        opt_out(store, registry, "r-1", NOW)
        text = Wording("v" * 64, "en", "{}", 5)
        registry.choose_wording(text)
        said = [
            Said("r-3", EVERY_PURPOSE, Statement.GRANTED, 7, "form", text.version),
            Said("r-4", MAIL, Statement.DENIED, 8, "form"),
        ]
        record_statements(store, registry, said, 9)
        history = [registry.history(each) for each in ("r-1", "r-3", "r-4")]
    restored = restore(settings, folder, NOW_MS)
    assert restored.statements == 3
    store, registry = open_stores(settings)
    with closing(store), closing(registry):
        assert [registry.history(each) for each in ("r-1", "r-3", "r-4")] == history
        assert [registry.is_opted_out(each) for each in ("r-1", "r-2", "r-3", "r-4")] == [
            True,
            False,
            False,
            True,
        ]
        assert registry.wordings() == [text]
        assert set(registry.states_of("r-3")) == {Statement.GRANTED}
    assert (("r-1", EventKind.OPTOUT) in logged(settings), ("r-2", EventKind.OPTOUT) in logged(settings)) == (
        True,
        False,
    )


def test_who_agreed_again_after_a_refusal_is_not_marked_as_opted_out(
    settings: Settings, folder: Path
) -> None:
    take_backup(settings, folder, NOW_MS)
    store, registry = open_stores(settings)
    with closing(store), closing(registry):
        said = [
            Said("r-1", MAIL, Statement.DENIED, 8, "form"),
            Said("r-1", MAIL, Statement.GRANTED, 9, "form", "v1"),
        ]
        registry.record_consents(said, 10)
    assert restore(settings, folder, NOW_MS).statements == 2
    assert ("r-1", EventKind.OPTOUT) not in logged(settings)


def test_a_restore_erases_again_whoever_was_erased_since(settings: Settings, folder: Path) -> None:
    take_backup(settings, folder, NOW_MS)
    assert run(settings, "person", "erase", "r-2", "--yes")[0] == 0
    erasure = json.loads(run(settings, "consent", "show", "r-2", "--json")[1])
    restored = restore(settings, folder, NOW_MS)
    assert (restored.erasures, restored.erased_again) == (1, 1)
    assert logged(settings) == [("r-1", EventKind.OPEN)]
    assert json.loads(run(settings, "consent", "show", "r-2", "--json")[1]) == erasure
    assert b"r-2" not in settings.database.read_bytes()


def test_erasures_that_only_the_list_knows_are_repeated_where_the_database_was_lost(
    settings: Settings, folder: Path
) -> None:
    take_backup(settings, folder, NOW_MS)
    assert run(settings, "person", "erase", "r-2", "--yes")[0] == 0
    for name in ("mailpixel.db", "mailpixel.db-wal", "mailpixel.db-shm"):
        (settings.data / name).unlink(missing_ok=True)
    restored = restore(settings, folder, NOW_MS)
    assert (restored.erased_again, restored.replaced) == (1, "")
    assert logged(settings) == [("r-1", EventKind.OPEN)]


def test_an_older_list_of_erased_people_never_replaces_the_one_that_is_there(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    assert run(settings, "person", "erase", "r-9", "--yes")[0] == 0
    take_backup(settings, folder, NOW_MS)
    assert run(settings, "person", "erase", "r-2", "--yes")[0] == 0
    before = (settings.data / "suppressed.bin").read_bytes()
    restore(settings, folder, NOW_MS)
    assert (settings.data / "suppressed.bin").read_bytes()[: len(before)] == before
    there = elsewhere(tmp_path)
    restore(there, folder, NOW_MS)
    assert len((there.data / "suppressed.bin").read_bytes()) == 28, "the list of the backup comes with it"


def test_keys_and_api_keys_that_were_given_up_since_stay_so_and_new_keys_stay(
    settings: Settings, folder: Path
) -> None:
    take_backup(settings, folder, NOW_MS)
    rotate_keys(settings)
    remove_key(settings, 1)
    here = load_keyring(settings.key_file)
    _, registry = open_stores(settings)
    with closing(registry):
        registry.revoke_key("reader", NOW)
    restored = restore(settings, folder, NOW_MS)
    assert (restored.revoked, load_keyring(settings.key_file)) == (1, here)
    assert [key.id for key in here.keys] == [2]
    _, registry = open_stores(settings)
    with closing(registry):
        [api_key] = registry.keys()
        assert api_key.revoked_at == NOW
        assert [(key.id, key.removed) for key in registry.signing_keys()] == [(1, True), (2, False)]


def test_a_lost_key_file_comes_back_and_a_damaged_one_is_kept_aside(settings: Settings, folder: Path) -> None:
    keys = settings.key_file.read_bytes()
    take_backup(settings, folder, NOW_MS)
    settings.key_file.write_text("{")
    restored = restore(settings, folder, NOW_MS)
    assert load_keyring(settings.key_file) == load_keyring(folder / "keys.json")
    assert sorted(modes(Path(restored.replaced))) == ["keys.json", "mailpixel.db"]
    settings.key_file.unlink()
    restore(settings, folder, NOW_MS + 1_000)
    assert settings.key_file.read_bytes() == keys


def test_a_mode_that_was_chosen_since_stays(settings: Settings, folder: Path) -> None:
    take_backup(settings, folder, NOW_MS)
    _, registry = open_stores(settings)
    with closing(registry):
        registry.choose_privacy("aggregate", "off", 5)
        chosen = registry.privacy_choice()
    restore(settings, folder, NOW_MS)
    _, registry = open_stores(settings)
    with closing(registry):
        assert registry.privacy_choice() == chosen


def test_a_backup_of_another_folder_replaces_nothing(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    other = Settings(data=tmp_path / "other", base_url="https://t.example")
    for each in begin(other)[:2]:
        each.close()
    take_backup(other, folder, NOW_MS)
    before = files_of(settings.data)
    with pytest.raises(Conflict, match="not of the database that it would replace"):
        restore(settings, folder, NOW_MS)
    assert files_of(settings.data) == before


@pytest.fixture
def in_use(settings: Settings) -> Iterator[None]:
    """Another process has the database open."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - the child ends without a report
        connection = sqlite3.connect(settings.database)
        connection.execute("select count(*) from events").fetchone()
        os.write(writing, b"x")
        while True:
            signal.pause()
    os.read(reading, 1)
    yield
    os.kill(child, 9)
    os.waitpid(child, 0)


@pytest.mark.usefixtures("in_use")
def test_a_database_that_another_process_uses_is_not_replaced(settings: Settings, folder: Path) -> None:
    take_backup(settings, folder, NOW_MS)
    with pytest.raises(Conflict, match="another process uses the database that is to be replaced"):
        restore(settings, folder, NOW_MS)
    assert not (settings.data / "replaced").exists()
    with pytest.raises(Conflict), unused(settings.database):
        pass


def test_a_damaged_database_is_replaced_only_when_its_refusals_are_given_up(
    settings: Settings, folder: Path
) -> None:
    take_backup(settings, folder, NOW_MS)
    settings.database.write_bytes(b"SQLite format 3\0" + os.urandom(100_000))
    damaged = settings.database.read_bytes()
    with pytest.raises(StoreUnavailable, match=r"cannot be taken over.*--without-refusals"):
        restore(settings, folder, NOW_MS)
    assert settings.database.read_bytes() == damaged
    restored = restore(settings, folder, NOW_MS, without_refusals=True)
    assert logged(settings) == [("r-1", EventKind.OPEN), ("r-2", EventKind.CLICK)]
    assert (Path(restored.replaced) / "mailpixel.db").read_bytes() == damaged


def test_the_commands_print_what_a_script_needs(settings: Settings, folder: Path, tmp_path: Path) -> None:
    code, printed, said = run(settings, "backup", str(folder), "--json")
    document = json.loads(printed)
    assert (code, document["folder"], document["database"]["events"]) == (0, str(folder), 2)
    assert sorted(document["files"]) == ["keys.json", "mailpixel.db"]
    assert f"restore {folder}" in said
    code, printed, said = run(settings, "restore", str(folder))
    assert (code, printed, "--yes" in said) == (2, "", True)
    code, printed, said = run(settings, "restore", str(folder), "--yes", "--json")
    assert (code, json.loads(printed)["keys"], "start the service" in said) == (0, 1, True)
    there = elsewhere(tmp_path)
    code, printed, said = run(there, "restore", str(folder))
    assert (code, "2 event(s) of 1 campaign(s)" in printed) == (0, True)
    code, printed, said = run(there, "restore", str(folder), "--check")
    assert (code, "complete and whole" in said) == (0, True)


def test_doctor_names_the_files_that_a_restore_replaced(settings: Settings, folder: Path) -> None:
    take_backup(settings, folder, NOW_MS)
    assert "none are left of a restore" in run(settings, "doctor")[1]
    restore(settings, folder, NOW_MS)
    assert "1 folder(s) of files that a restore replaced are kept" in run(settings, "doctor")[1]
