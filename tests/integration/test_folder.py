"""The data folder: who begins one, which keys it waits for, and that looking makes nothing."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.dropins.campaigns import open_campaigns
from mailpixel.errors import KeyringError, StoreUnavailable
from mailpixel.folder.key_changes import remove_key, rotate_keys
from mailpixel.folder.key_file import create_keyring, load_keyring, new_keyring
from mailpixel.folder.keys import check_keys, open_keys, read_keys
from mailpixel.folder.opening import begin, open_stores
from mailpixel.links.minter import Minter
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.rewriting import rewriter_of
from mailpixel.settings import Settings
from mailpixel.store.keys import SigningKey
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import a_campaign, an_open
from tests.support.reading import a_folder, allow, as_reader

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", base_url="https://t.example")


@pytest.fixture
def begun(settings: Settings) -> Settings:
    """A data folder with a campaign."""
    store, registry, _ = begin(settings)
    registry.add_campaign(a_campaign())
    store.close()
    registry.close()
    return settings


def run(settings: Settings, *words: str, given: str = "", **environment: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["--data", str(settings.data), *words], input=given, env=environment)
    return done.exit_code, done.stdout, done.stderr


def remembered(settings: Settings) -> list[SigningKey]:
    return list(open_stores(settings)[1].signing_keys())


BEGINNING = [("campaign", "add", "c1", "--name", "One"), ("apikey", "add", "reporting", "--scope", "read")]


@pytest.mark.parametrize("words", BEGINNING)
def test_an_empty_folder_is_begun_with_its_keys_which_are_remembered(
    settings: Settings, words: tuple[str, ...]
) -> None:
    assert run(settings, *words)[0] == 0
    (key,) = load_keyring(settings.key_file).keys
    assert remembered(settings) == [SigningKey(1, key.fingerprint)]


def test_a_key_file_that_was_there_before_is_taken(settings: Settings) -> None:
    keyring = create_keyring(settings.key_file)
    assert run(settings, *BEGINNING[0])[0] == 0
    assert load_keyring(settings.key_file) == keyring


def test_a_command_that_is_refused_begins_nothing(settings: Settings) -> None:
    assert run(settings, "campaign", "add", "c1", "--name", "One", "--link", "ftp://x")[0] == 2
    assert not settings.data.exists()


READING = [
    ("report", "c1"),
    ("explain", "c1", "r-1"),
    ("campaign", "list"),
    ("campaign", "show", "c1"),
    ("campaign", "edit", "c1", "--name", "Two"),
    ("keys", "list"),
    ("keys", "rotate"),
    ("keys", "remove", "1", "--yes"),
    ("apikey", "list"),
    ("apikey", "revoke", "a"),
    ("person", "export", "r-1"),
    ("person", "erase", "r-1", "--yes"),
    ("person", "optout", "r-1"),
    ("rebuild",),
    ("work",),
    ("relay", "--upstream", "smtp://127.0.0.1:1"),
    ("links", "c1", "--recipients", "-"),
    ("rewrite", "c1", "--recipient", "r-1", "-"),
    ("networks", "sources"),
]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_every_other_command_says_that_there_is_no_data_and_makes_none(
    settings: Settings, words: tuple[str, ...]
) -> None:
    code, _, said = run(settings, *words)
    assert code == 1
    assert f"no data here ({settings.data})" in said
    assert "--data DIR" in said
    assert not settings.data.exists()


@pytest.mark.parametrize(
    "words", [("settings",), ("agents", "-"), ("networks", "list"), ("networks", "test", "192.0.2.1")]
)
def test_commands_that_need_no_data_make_none(settings: Settings, words: tuple[str, ...]) -> None:
    assert run(settings, *words)[0] == 0
    assert not settings.data.exists()


def use_links(settings: Settings, **environment: str) -> str:
    return run(settings, "links", "spring", "--recipients", "-", given="r-1\n", **environment)[2]


def use_rewrite(settings: Settings, **environment: str) -> str:
    return run(settings, "rewrite", "spring", "--recipient", "r-1", "-", given="<p>", **environment)[2]


def use_doctor(settings: Settings, **environment: str) -> str:
    return " ".join(
        run(settings, "doctor", MAILPIXEL_BASE_URL="http://127.0.0.1:1", **environment)[1].split()
    )


def use_serve(settings: Settings, **environment: str) -> str:
    return run(settings, "serve", "--port", "0", **environment)[2]


def use_relay(settings: Settings, **environment: str) -> str:
    return run(settings, "relay", "--upstream", "smtp://127.0.0.1:1", **environment)[2]


def use_drop_in(settings: Settings, **environment: str) -> str:
    keys = environment.get("MAILPIXEL_KEYS")
    with pytest.raises(KeyringError) as refused:
        open_campaigns(Settings(data=settings.data, keys=Path(keys) if keys else None))
    return str(refused.value)


USES = [use_links, use_rewrite, use_doctor, use_serve, use_relay, use_drop_in]


@pytest.mark.parametrize("use", USES)
def test_a_missing_key_file_is_refused_with_the_remedy_and_none_is_made(
    begun: Settings, use: Callable[..., str]
) -> None:
    begun.key_file.unlink()
    said = use(begun)
    assert "there is no key file, but key 1 signed links for this database" in said
    assert "put the right key file back from a backup, or name it with MAILPIXEL_KEYS" in said
    assert "mailpixel keys remove 1" in said
    assert not begun.key_file.exists()


@pytest.mark.parametrize("use", USES)
def test_a_mistyped_key_file_is_refused_and_not_made(begun: Settings, use: Callable[..., str]) -> None:
    mistyped = begun.data / "kyes.json"
    assert "there is no key file, but key 1 signed" in use(begun, MAILPIXEL_KEYS=str(mistyped))
    assert not mistyped.exists()


@pytest.mark.parametrize("use", USES)
def test_the_key_file_of_another_folder_is_refused(begun: Settings, use: Callable[..., str]) -> None:
    begun.key_file.unlink()
    other = create_keyring(begun.key_file)
    assert "holds another key 1 than the one that signed links for this database" in use(begun)
    assert load_keyring(begun.key_file) == other


@pytest.mark.parametrize("use", USES)
def test_a_key_file_that_lacks_a_key_is_refused(begun: Settings, use: Callable[..., str]) -> None:
    older = begun.key_file.read_bytes()
    rotate_keys(begun)
    begun.key_file.write_bytes(older)
    assert "lacks key 2, which signed links for this database" in use(begun)


def test_a_rewriter_of_the_sdk_refuses_keys_that_did_not_sign_for_its_registry() -> None:
    registry = MemoryRegistry()
    registry.add_campaign(a_campaign())
    right, wrong = new_keyring(NOW), new_keyring(NOW)
    registry.remember_keys([SigningKey(1, right.keys[0].fingerprint)])
    assert rewriter_of(registry, right, "spring", RewriteOptions("https://t.example"))
    with pytest.raises(KeyringError, match="holds another key 1"):
        rewriter_of(registry, wrong, "spring", RewriteOptions("https://t.example"))


def test_a_folder_of_an_older_release_remembers_the_keys_that_it_has(settings: Settings) -> None:
    store, registry = open_sqlite(settings.database)
    store.append([an_open(1)])
    keyring = create_keyring(settings.key_file)
    assert registry.signing_keys() == []
    assert open_keys(settings.key_file, registry) == keyring
    assert registry.signing_keys() == [SigningKey(1, keyring.keys[0].fingerprint)]


def test_a_folder_of_an_older_release_with_hits_and_no_keys_is_refused(settings: Settings) -> None:
    store, _ = open_sqlite(settings.database)
    store.append([an_open(1)])
    with pytest.raises(
        KeyringError, match=r"there is no key file; .* or make one with `mailpixel keys rotate`"
    ):
        begin(settings)
    assert not settings.key_file.exists()


def test_a_folder_of_an_older_release_that_never_signed_is_begun(settings: Settings) -> None:
    _, registry = open_sqlite(settings.database)
    registry.add_campaign(a_campaign())
    begin(settings)
    assert [key.id for key in registry.signing_keys()] == [1]


def test_a_restored_database_without_its_keys_says_so(begun: Settings, tmp_path: Path) -> None:
    elsewhere = Settings(data=tmp_path / "restored")
    elsewhere.data.mkdir()
    shutil.copy(begun.database, elsewhere.database)
    with pytest.raises(KeyringError, match="there is no key file, but key 1 signed"):
        begin(elsewhere)


def test_a_rotation_is_remembered(begun: Settings) -> None:
    assert run(begun, "keys", "rotate")[0] == 0
    keys = load_keyring(begun.key_file).keys
    assert remembered(begun) == [SigningKey(key.id, key.fingerprint) for key in keys]


def test_a_key_file_without_a_database_can_be_rotated(settings: Settings) -> None:
    create_keyring(settings.key_file)
    assert [key.id for key in rotate_keys(settings).keys] == [1, 2]
    assert not settings.database.exists()


def test_a_key_removed_on_purpose_is_no_longer_waited_for_and_its_id_stays_taken(begun: Settings) -> None:
    run(begun, "keys", "rotate")
    assert run(begun, "keys", "remove", "2", "--yes")[0] == 0
    assert [(key.id, key.removed) for key in remembered(begun)] == [(1, False), (2, True)]
    assert [key.id for key in load_keyring(begun.key_file).keys] == [1]
    assert "1 of 1 recipients have links" in use_links(begun)
    assert [key.id for key in rotate_keys(begun).keys] == [1, 3]


@pytest.mark.parametrize(
    "words", [("links", "spring", "--recipients", "-"), ("rewrite", "spring", "--recipient", "r-1", "-")]
)
def test_a_base_url_that_is_none_is_named_by_its_variable(begun: Settings, words: tuple[str, ...]) -> None:
    code, _, said = run(begun, *words, given="r-1\n", MAILPIXEL_BASE_URL="t.example")
    assert (code, said.split(" must")[0]) == (2, "error: MAILPIXEL_BASE_URL:")


def test_of_several_lost_keys_each_is_named_and_the_next_one_stands_alone(begun: Settings) -> None:
    assert "links signed with older keys keep working" in run(begun, "keys", "rotate")[2]
    begun.key_file.unlink()
    said = run(begun, "keys", "list")[2]
    assert "but keys 1, 2 signed links for this database" in said
    assert said.endswith("give up on them: mailpixel keys remove 1 && mailpixel keys remove 2\n")
    for id in "12":
        assert run(begun, "keys", "remove", id, "--yes")[0] == 0
    assert (
        run(begun, "keys", "rotate")[2]
        == "key 3 signs from now on; this is the only key in keys.json, so back the file up\n"
    )


def test_the_only_key_is_not_removed(begun: Settings) -> None:
    code, _, said = run(begun, "keys", "remove", "1", "--yes")
    assert (code, "run `mailpixel keys rotate` first" in said) == (1, True)
    assert [(key.id, key.removed) for key in remembered(begun)] == [(1, False)]
    assert run(begun, "keys", "remove", "9", "--yes")[0] == 1


def test_keys_lost_for_good_are_given_up_and_their_links_never_look_forged(begun: Settings) -> None:
    lost = Minter(load_keyring(begun.key_file), "https://t.example", "spring")
    begun.key_file.unlink()
    assert run(begun, "keys", "rotate")[0] == 1
    assert run(begun, "keys", "remove", "1", "--yes")[0] == 0
    assert run(begun, "keys", "rotate")[0] == 0
    assert [key.id for key in load_keyring(begun.key_file).keys] == [2]
    assert (
        lost.token("r-1")[:4]
        != Minter(load_keyring(begun.key_file), "https://t.example", "spring").token("r-1")[:4]
    )
    assert begin(begun)


def test_a_given_up_key_that_is_found_again_is_taken_back(begun: Settings) -> None:
    found = begun.key_file.read_bytes()
    begun.key_file.unlink()
    remove_key(begun, 1)
    begun.key_file.write_bytes(found)
    begun.key_file.chmod(0o600)
    open_keys(begun.key_file, open_stores(begun)[1])
    assert [(key.id, key.removed) for key in remembered(begun)] == [(1, False)]


def test_a_strange_key_file_with_the_id_of_a_given_up_key_is_refused_with_a_way_out(begun: Settings) -> None:
    begun.key_file.unlink()
    create_keyring(begun.key_file)
    assert run(begun, "keys", "remove", "1", "--yes")[0] == 0
    code, _, said = run(begun, "keys", "rotate")
    assert (code, "move the file away and run `mailpixel keys rotate`" in said) == (1, True)
    begun.key_file.unlink()
    assert [key.id for key in rotate_keys(begun).keys] == [2]


def test_a_keyring_with_more_keys_than_are_remembered_is_right() -> None:
    keyring = new_keyring(NOW)
    check_keys(keyring, [])
    check_keys(keyring, [SigningKey(1, keyring.keys[0].fingerprint), SigningKey(7, b"7" * 8, removed=True)])


def test_who_may_only_read_reads_reports(begun: Settings) -> None:
    with a_folder() as folder:
        shutil.copy(begun.database, folder / "mailpixel.db")
        allow(folder, 0o555, 0o444)
        readable = Settings(data=folder)

        def read() -> list[int]:
            commands = [
                ("report", "spring"),
                ("report", "spring", "--json"),
                ("campaign", "list"),
                ("campaign", "show", "spring"),
                ("apikey", "list"),
                ("person", "export", "r-1"),
                ("networks", "sources"),
                ("explain", "spring", "r-1"),
            ]
            return [run(readable, *words)[0] for words in commands]

        *fine, explained = as_reader(read)
        assert fine == [0] * 7
        assert explained in (0, 1)  # nothing of r-1 is logged
        assert sorted(file.name for file in folder.iterdir()) == ["mailpixel.db"]


def test_a_user_who_may_not_enter_the_folder_reads_that(begun: Settings) -> None:
    with a_folder() as folder:
        (folder / "data").mkdir()
        shutil.copy(begun.database, folder / "data" / "mailpixel.db")
        (folder / "data").chmod(0o000)
        with pytest.raises(StoreUnavailable, match="give this user the right to read it"):
            as_reader(lambda: [stores.close() for stores in open_stores(Settings(data=folder / "data"))])


def test_a_key_file_in_a_folder_that_may_not_be_entered_is_no_missing_one(begun: Settings) -> None:
    _, registry = open_stores(begun)
    with a_folder() as folder:
        (folder / "closed").mkdir(mode=0o000)
        (folder / "closed").chmod(0o000)

        def refused() -> str:
            with pytest.raises(KeyringError) as caught:
                read_keys(folder / "closed" / "keys.json", remembered_keys)
            return str(caught.value)

        remembered_keys = registry.signing_keys()
        assert "Permission denied" in as_reader(refused)


def test_doctor_warns_of_others_access(begun: Settings) -> None:
    assert "only their owner has access" in use_doctor(begun)
    begun.database.chmod(0o644)
    begun.data.chmod(0o755)
    said = use_doctor(begun)
    assert "others have access to" in said
    assert f"chmod go-rwx {begun.data} {begun.database}" in said
