"""The keyring and its file: made once, private, atomic, and refused with a remedy."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailpixel.errors import InvalidInput, KeyringError
from mailpixel.folder.key_file import create_keyring, load_keyring, new_keyring, remove, rotate, with_new_key
from mailpixel.links.keyring import Key, Keyring, pseudonym

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_a_file_is_made_once_and_read_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "data" / "deeper" / "keys.json"
    made = create_keyring(path)
    assert load_keyring(str(path)) == made
    assert [key.id for key in made.keys] == [1]
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["keys.json"]
    with pytest.raises(KeyringError, match="there is a key file; load_keyring reads it"):
        create_keyring(path)
    assert load_keyring(path) == made


def test_reading_and_rotating_make_no_file(tmp_path: Path) -> None:
    for use in (load_keyring, rotate, lambda path: remove(path, 1)):
        with pytest.raises(KeyringError, match="there is no key file; name the right one"):
            use(tmp_path / "keys.json")
    assert os.listdir(tmp_path) == []


def test_a_key_that_is_removed_is_gone_from_the_file_and_the_rest_stays(path: Path) -> None:
    create_keyring(path)
    rotated = rotate(path)
    with pytest.raises(KeyringError, match="holds no key 3"):
        remove(path, 3)
    assert remove(path, 1).keys == rotated.keys[1:]
    assert load_keyring(path).pseudonym == rotated.pseudonym
    with pytest.raises(KeyringError, match="only key; run `mailpixel keys rotate` first"):
        remove(path, 2)
    assert load_keyring(path).keys == rotated.keys[1:]


def test_fingerprints_of_keys_differ_and_show_nothing_of_them() -> None:
    one, two = new_keyring(NOW).keys[0], new_keyring(NOW).keys[0]
    assert one.fingerprint == Key(9, one.secret, NOW).fingerprint
    assert one.fingerprint != two.fingerprint
    assert len(one.fingerprint) == 8
    assert one.fingerprint not in one.secret


def test_a_taken_id_is_left_alone_while_there_are_others() -> None:
    def ring(*ids: int) -> Keyring:
        return Keyring(tuple(Key(id, bytes(32), NOW) for id in ids), bytes(32))

    assert with_new_key(ring(1), NOW, taken={2, 3}).keys[-1].id == 4
    assert with_new_key(ring(*range(1, 255)), NOW, taken={255}).keys[-1].id == 255


def test_two_keyrings_share_nothing() -> None:
    one, two = new_keyring(NOW), new_keyring(NOW)
    assert len({one.keys[0].secret, two.keys[0].secret, one.pseudonym, two.pseudonym}) == 4


def test_rotating_adds_a_newest_key_and_keeps_the_rest(path: Path) -> None:
    before = create_keyring(path)
    after = rotate(path)
    assert after.keys[:1] == before.keys
    assert [key.id for key in after.keys] == [1, 2]
    assert after.pseudonym == before.pseudonym
    assert load_keyring(path) == after
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["keys.json"]


def test_rotating_through_a_link_replaces_what_it_leads_to(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "keys.json"
    create_keyring(real)
    link.symlink_to(real)
    rotated = rotate(link)
    assert link.is_symlink()
    assert load_keyring(real) == rotated


def test_many_processes_at_once_lose_no_rotation(path: Path) -> None:
    create_keyring(path)
    code = "import sys; from mailpixel.folder.key_file import rotate; rotate(sys.argv[1])"
    processes = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(6)]
    assert [process.wait() for process in processes] == [0] * 6
    assert [key.id for key in load_keyring(path).keys] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o610])
def test_a_file_that_others_may_open_is_refused_with_the_command_to_run(path: Path, mode: int) -> None:
    create_keyring(path)
    path.chmod(mode)
    with pytest.raises(KeyringError, match=f"chmod 600 {path}"):
        load_keyring(path)
    with pytest.raises(KeyringError, match="chmod 600"):
        rotate(path)


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda document: document.pop(name)


def key_with(**fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["keys"][0].update(fields)


@pytest.mark.parametrize(
    "damage",
    [
        without("version"),
        without("keys"),
        without("pseudonym"),
        lambda document: document.update(keys=[]),
        lambda document: document.update(keys={}),
        lambda document: document.update(keys=[1]),
        lambda document: document.update(keys=document["keys"] * 2),
        lambda document: document.update(pseudonym="00"),
        lambda document: document.update(pseudonym=None),
        key_with(secret="00" * 31),
        key_with(secret="no hex"),
        key_with(id=0),
        key_with(id=256),
        key_with(id="1"),
        key_with(id=True),
        key_with(created_at="yesterday"),
        key_with(created_at="2026-11-25T09:00:00"),
    ],
)
def test_a_damaged_file_is_refused_and_nothing_of_it_is_shown(
    path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    create_keyring(path)
    document = json.loads(path.read_text())
    secret = document["keys"][0]["secret"]
    damage(document)
    path.write_text(json.dumps(document))
    with pytest.raises(KeyringError, match="restore it from a backup") as refused:
        load_keyring(path)
    assert str(path) in str(refused.value)
    assert secret not in str(refused.value)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "\udcff", "[" * 100_000, " " * 1_000_001])
def test_a_file_of_anything_else_is_refused(path: Path, text: str) -> None:
    path.write_text(text, errors="surrogateescape")
    path.chmod(0o600)
    with pytest.raises(KeyringError, match="restore it from a backup"):
        load_keyring(path)


def test_a_file_of_a_later_version_is_left_to_that_version(path: Path) -> None:
    create_keyring(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 2}))
    with pytest.raises(KeyringError, match="later mailpixel"):
        load_keyring(path)


def test_what_is_not_a_regular_file_is_refused(tmp_path: Path) -> None:
    for path in (Path("/dev/null"), tmp_path, tmp_path / "keys.json" / "keys.json"):
        (tmp_path / "keys.json").touch(mode=0o600)
        with pytest.raises(KeyringError, match=r"signing keys"):
            load_keyring(path)


def test_a_link_that_leads_nowhere_is_refused_and_not_followed_for_writing(tmp_path: Path) -> None:
    link = tmp_path / "keys.json"
    link.symlink_to(tmp_path / "nowhere.json")
    with pytest.raises(KeyringError, match="there is no key file"):
        load_keyring(link)
    assert os.listdir(tmp_path) == ["keys.json"]


def test_a_rotation_that_cannot_write_says_so_and_leaves_the_file_as_it_was(path: Path) -> None:
    kept = create_keyring(path)
    longest = path.rename(path.with_name("k" * 255))
    with pytest.raises(KeyringError, match="File name too long"):
        rotate(longest)
    assert load_keyring(longest) == kept


def test_a_new_key_takes_the_next_id_and_then_the_lowest_free_one() -> None:
    def ring(*ids: int) -> Keyring:
        return Keyring(tuple(Key(id, bytes(32), NOW) for id in ids), bytes(32))

    assert with_new_key(ring(3, 7), NOW).keys[-1].id == 8
    assert with_new_key(ring(1, 2, 255), NOW).keys[-1].id == 3
    assert with_new_key(ring(254, 255, 1), NOW).keys[-1].id == 2
    with pytest.raises(KeyringError, match="all 255 key ids are taken"):
        with_new_key(ring(*range(1, 256)), NOW)


def test_a_keyring_never_shows_its_secrets() -> None:
    keyring = new_keyring(NOW)
    shown = repr(keyring) + str(keyring) + repr(keyring.keys)
    for secret in (keyring.keys[0].secret, keyring.pseudonym):
        assert secret.hex() not in shown
        assert repr(secret) not in shown


def test_a_pseudonym_is_one_for_every_spelling_and_another_for_every_person_and_keyring() -> None:
    one, two = new_keyring(NOW), new_keyring(NOW)
    assert pseudonym(one, " Reader@Example.com\t") == pseudonym(one, "reader@example.com")
    people = [(one, "reader@example.com"), (one, "reader2@example.com"), (two, "reader@example.com")]
    assert len({pseudonym(ring, address) for ring, address in people}) == 3
    assert pseudonym(with_new_key(one, NOW), "r@example.com") == pseudonym(one, "r@example.com")


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("a" * 321, "321 characters"),
        ("a\0b", "control"),
        ("a\udcffb", "UTF-8"),
    ],
)
def test_what_no_pseudonym_is_made_of(address: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as refused:
        pseudonym(new_keyring(NOW), address, "email")
    assert refused.value.field == "email"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_not_a_regular_file_is_refused_at_once(path: Path, make: Callable[[Path], object]) -> None:
    make(path)
    for use in (load_keyring, rotate, lambda path: remove(path, 1)):
        with pytest.raises(KeyringError, match="is not a regular file; the signing keys must be a file"):
            use(path)


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_the_file_is_for_its_owner_whatever_the_umask(path: Path, umask: int) -> None:
    for use in (create_keyring, rotate):
        before = os.umask(umask)
        try:
            use(path)
        finally:
            os.umask(before)
        assert path.stat().st_mode & 0o777 == 0o600
