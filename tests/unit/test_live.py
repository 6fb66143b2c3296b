"""What a server knows while it runs: a look that fails ends nothing, hides nothing, and is over when it is mended."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.errors import KeyringError, StoreUnavailable
from mailpixel.folder.key_file import create_keyring, load_keyring, rotate
from mailpixel.ingest.live import STALE_AFTER_S, LiveKeys, LivePart
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.links.keyring import Keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.registry import RegistryNews

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CLAIMS = Claims(TokenKind.MESSAGE, "c1", "r-1")
MESSAGE = frozenset({TokenKind.MESSAGE})


class Clock:
    """A clock that a test sets."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Looks:
    """A look that ends as the test says: an error to raise, or None."""

    def __init__(self, *endings: Exception | None) -> None:
        self._endings: Iterator[Exception | None] = iter(endings)

    def __call__(self) -> None:
        ending = next(self._endings)
        if ending is not None:
            raise ending


def test_a_part_is_stale_from_a_failed_look_until_the_next_good_one() -> None:
    clock = Clock()
    part = LivePart("keys", Looks(KeyringError("damaged"), ValueError("a bug"), None), clock)
    seen = []
    for _ in range(3):
        clock.now_s += 1
        part.refresh()
        seen.append((part.fresh, part.age_s()))
    assert seen == [(False, 1.0), (False, 2.0), (True, 0.0)]


def test_a_look_that_never_ends_makes_its_part_stale() -> None:
    clock = Clock()
    part = LivePart("registry", lambda: None, clock)
    clock.now_s += STALE_AFTER_S
    assert part.fresh
    clock.now_s += 0.1
    assert not part.fresh


def test_each_new_problem_is_logged_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    damaged, locked = KeyringError("damaged"), StoreUnavailable("locked")
    part = LivePart("keys", Looks(None, damaged, damaged, locked, locked, None, None, damaged), Clock())
    with caplog.at_level(logging.WARNING):
        for _ in range(8):
            part.refresh()
    assert [record.getMessage() for record in caplog.records] == [
        "keys: could not be read, the last state stays in force: damaged",
        "keys: could not be read, the last state stays in force: locked",
        "keys: read again",
        "keys: could not be read, the last state stays in force: damaged",
    ]


def test_a_log_line_holds_no_text_of_an_error_that_is_not_ours(caplog: pytest.LogCaptureFixture) -> None:
    LivePart("keys", Looks(ValueError("a secret")), Clock()).refresh()
    assert [record.getMessage() for record in caplog.records] == [
        "keys: could not be read, the last state stays in force: ValueError"
    ]


def test_a_key_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_keyring(path)
    reads: list[Path] = []

    def load(file: Path) -> Keyring:
        reads.append(file)
        return load_keyring(file)

    keys = LiveKeys(path, load)
    keys.look()
    assert len(reads) == 1
    added = rotate(path)
    keys.look()
    assert (keys.keyring, len(reads)) == (added, 2)
    assert keys.signer.verify(TokenSigner(added).sign(CLAIMS), MESSAGE).problem is None


def truncate(path: Path) -> None:
    path.write_text("{")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def open_to_others(path: Path) -> None:
    path.chmod(0o644)


@pytest.mark.parametrize("damage", [truncate, empty, open_to_others])
def test_a_key_file_that_cannot_be_used_leaves_the_keys_and_is_read_when_it_is_mended(
    tmp_path: Path, damage: object
) -> None:
    path = tmp_path / "keys.json"
    create_keyring(path)
    keys = LiveKeys(path)
    before, whole = keys.keyring, path.read_bytes()
    damage(path)  # type: ignore[operator]
    for _ in range(2):
        with pytest.raises(KeyringError):
            keys.look()
    assert keys.keyring == before
    path.write_bytes(whole)
    path.chmod(0o600)
    keys.look()
    assert keys.keyring == before


class SlowRegistry(MemoryRegistry):
    """A registry whose news are read at once and handed over when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.hand_over = threading.Semaphore(0), threading.Semaphore(0)

    def news(self, since: int) -> RegistryNews:
        found = super().news(since)
        self.read.release()
        self.hand_over.acquire()
        return found


def test_two_refreshes_at_once_take_turns() -> None:
    registry = SlowRegistry()
    cache = RegistryCache(registry, 0)
    threads = [threading.Thread(target=cache.refresh) for _ in range(2)]
    registry.add_campaign(Campaign("c1", "One"))
    for thread in threads:
        thread.start()
    registry.read.acquire()
    assert not registry.read.acquire(timeout=0.05)  # the other waits, and reads what is there then
    registry.add_campaign(Campaign("c2", "Two"))
    registry.hand_over.release(2)
    for thread in threads:
        thread.join()
    assert (cache.knows("c1"), cache.knows("c2")) == (True, True)
