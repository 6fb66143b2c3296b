"""Files are damaged, changed, removed and put back under a running service: readers notice nothing, readiness says it,
and when the file is right again everything is right again, without a restart."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailpixel.folder.key_file import create_keyring
from tests.e2e.conftest import rows_of, signed
from tests.support.service import Service, mailpixel, rows
from tests.support.stores import open_settled


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service of the test's own, with the campaign `c1` of two links."""
    data = tmp_path / "data"
    begin(data)
    with Service(data) as running:
        running.wait_for("/readyz")
        yield running


def begin(data: Path) -> None:
    links = ("--link", "https://shop.example/1", "--link", "https://shop.example/2")
    rows(data, "campaign", "add", "c1", "--name", "One", *links)


def location(service: Service, path: str) -> str | None:
    return service.get(path)[1].get("location")


def stale_parts(service: Service) -> list[str]:
    """What readiness calls stale; its answer names no file."""
    state = json.loads(service.get("/readyz")[2])
    assert str(service.data) not in str(state)
    return [name for name, part in state["knowledge"].items() if not part["fresh"]]


def truncate(keys: Path) -> None:
    keys.write_bytes(keys.read_bytes()[:100])


def empty(keys: Path) -> None:
    keys.write_bytes(b"")


def open_to_others(keys: Path) -> None:
    keys.chmod(0o644)


def take_another_folders(keys: Path) -> None:
    keys.unlink()
    create_keyring(keys)


def make_a_folder_of_it(keys: Path) -> None:
    keys.unlink()
    keys.mkdir()


def make_a_pipe_of_it(keys: Path) -> None:
    keys.unlink()
    os.mkfifo(keys, 0o600)


FAULTS: list[Callable[[Path], object]] = [
    truncate,
    empty,
    open_to_others,
    Path.unlink,
    take_another_folders,
    make_a_folder_of_it,
    make_a_pipe_of_it,
]


def put_back(keys: Path, content: bytes) -> None:
    """As an operator would: a new file, moved over whatever is there."""
    if keys.is_dir():
        keys.rmdir()
    beside = keys.with_name("restored")
    beside.write_bytes(content)
    beside.chmod(0o600)
    beside.replace(keys)


def test_whatever_befalls_the_key_file_ends_by_itself_when_it_is_put_back(service: Service) -> None:
    keys, paths = service.data / "keys.json", signed(service, "r-1")
    whole = keys.read_bytes()
    for number, damage in enumerate(FAULTS):
        damage(keys)
        service.wait_for("/readyz", 503)
        assert stale_parts(service) == ["keys"]
        correct(service.data, f"https://shop.example/corrected/{number}")
        wait_until_led(service, paths["link_1"], f"https://shop.example/corrected/{number}")
        assert service.status(paths["pixel_url"]) == 200
        assert service.status(f"/u/{paths['token']}") == 200
        put_back(keys, whole)
        service.wait_for("/readyz")
        assert stale_parts(service) == []
    log = service.stop()
    assert log.count("keys: read again") == len(FAULTS)
    assert log.count("keys: could not be read, the last state stays in force") == len(FAULTS)


def correct(data: Path, url: str) -> None:
    rows(data, "campaign", "edit", "c1", "--correct", "1", url)


def wait_until_led(service: Service, path: str, url: str) -> None:
    until = time.monotonic() + 60
    while location(service, path) != url:
        assert time.monotonic() < until, "the corrected link was not taken in"
        time.sleep(0.05)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_rotated_key_holds_on_every_surface_of_a_running_service(tmp_path: Path, workers: str) -> None:
    data = tmp_path / "data"
    begin(data)
    api_key = rows(data, "apikey", "add", "all", "--scope", "write").strip()
    with Service(data, ["--workers", workers]) as service:
        service.wait_for("/readyz")
        before = signed(service, "r-1")
        rows(data, "keys", "rotate")
        after = signed(service, "r-2")
        assert key_of(before["token"]) != key_of(after["token"])
        for paths in (before, after):
            for _ in range(4):  # so that every worker is asked
                assert service.status(paths["pixel_url"]) == 200
                assert location(service, paths["link_1"]) == "https://shop.example/1"
                assert location(service, f"/c/{paths['token']}/2") == "https://shop.example/2"
                assert service.status(f"/u/{paths['token']}") == 200
        wait_until_minted(service, api_key, key_of(after["token"]))
        assert service.get(f"/u/{after['token']}", "POST")[0] == 200
        service.stop()
    kinds = {
        message.recipient: {str(event.kind) for event in message.events}
        for message in open_settled(data / "mailpixel.db")[0].messages("c1")
    }
    assert kinds == {"r-1": {"open", "click"}, "r-2": {"open", "click", "optout"}}


def key_of(token: str) -> str:
    """The part of a token that names its version, key and kind."""
    return token[:4]


def wait_until_minted(service: Service, api_key: str, key: str) -> None:
    """Mint until the API signs with this key: every worker takes a new one in within two seconds."""
    until = time.monotonic() + 60
    while True:
        request = urllib.request.Request(
            f"{service.url}/api/campaigns/c1/mint?merge=true",
            b'{"recipient": "r-3"}\n',
            {"authorization": f"Bearer {api_key}", "content-type": "application/x-ndjson"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            token = json.loads(answer.read().splitlines()[0])["token"]
        assert service.status(f"/u/{token}") == 200
        if key_of(token) == key:
            return
        assert time.monotonic() < until, "the API signs with the old key"
        time.sleep(0.05)


def test_a_data_folder_moved_away_makes_readiness_red_until_it_is_back(service: Service) -> None:
    paths = signed(service, "r-1")
    away = service.data.rename(service.data.with_name("away"))
    service.wait_for("/readyz", 503)
    assert {"database", "keys"} <= set(stale_parts(service))
    assert location(service, paths["link_1"]) == "https://shop.example/1"
    assert not service.data.exists()
    away.rename(service.data)
    service.wait_for("/readyz")


@pytest.mark.parametrize("ending", ["", "-wal"])
def test_a_database_file_removed_makes_readiness_red(service: Service, ending: str) -> None:
    paths = signed(service, "r-1")
    assert service.status(paths["pixel_url"]) == 200
    service.wait_for("/readyz")
    (service.data / f"mailpixel.db{ending}").unlink()
    service.wait_for("/readyz", 503)
    assert "database" in stale_parts(service)
    assert location(service, paths["link_1"]) == "https://shop.example/1"
    log = service.stop()
    assert (
        log.count(
            "database: could not be read, the last state stays in force: the database files were removed or replaced"
        )
        == 1
    )


@pytest.mark.parametrize("size", [0, 10_000])
def test_a_database_cut_short_kills_no_web_process(service: Service, size: int) -> None:
    paths = signed(service, "r-1")
    assert service.status(paths["pixel_url"]) == 200
    os.truncate(service.data / "mailpixel.db", size)
    for _ in range(20):
        assert location(service, paths["link_1"]) == "https://shop.example/1"
        assert service.status(paths["pixel_url"]) == 200
    service.wait_for("/readyz", 503)
    assert "a web process ended" not in service.stop()


def test_a_service_whose_keys_are_not_those_of_its_database_does_not_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    begin(data)
    (data / "keys.json").unlink()
    done = mailpixel(data, "serve", "--port", "0")
    assert done.returncode == 1
    assert "there is no key file, but key 1 signed links for this database" in done.stderr
    assert sorted(file.name for file in data.iterdir()) == ["mailpixel.db"]


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A data folder on a disk that may only be read. Needs the right to mount."""
    data, mounted = tmp_path / "written", tmp_path / "data"
    begin(data)
    mounted.mkdir()
    if os.geteuid() != 0 or mount("--bind", str(data), str(mounted)) != 0:
        pytest.skip("needs the right to mount")
    try:
        assert mount("-o", "remount,bind,ro", str(mounted)) == 0
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def mount(*arguments: str) -> int:
    program = shutil.which("mount")
    if program is None:
        return 1
    return subprocess.run([program, *arguments], capture_output=True, check=False).returncode


def test_on_a_disk_that_may_only_be_read_links_lead_and_hits_wait_until_it_may_be_written(
    read_only: Path, tmp_path: Path
) -> None:
    head, row = rows_of(tmp_path / "written", "r-1", "", ["--merge"]).splitlines()
    token = dict(zip(head.split(","), row.split(","), strict=True))["token"]
    with Service(read_only) as service:
        service.wait_for("/readyz", 503)
        assert location(service, f"/c/{token}/1") == "https://shop.example/1"
        assert service.status(f"/o/{token}.gif") == 200
        assert json.loads(service.get("/readyz")[2])["pending_hits"] == 2
        assert rows(read_only, "campaign", "list").count("c1") == 1
        said = service.read_until("fold failed")
        assert mount("-o", "remount,bind,rw", str(read_only)) == 0
        service.wait_for("/readyz")
        log = said + service.stop()
    assert log.count("the store cannot write") == 1
    assert log.count("fold failed and will be tried again") == 1
    (message,) = open_settled(tmp_path / "written" / "mailpixel.db")[0].messages("c1")
    assert len(message.events) == 2
