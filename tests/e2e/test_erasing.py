"""A person erased from a running service of two processes: neither writes anything of them down from then on."""

import json
from pathlib import Path

from tests.e2e.conftest import rows_of
from tests.support.processes import wait_until
from tests.support.service import Service, mailpixel, rows
from tests.support.stores import open_settled

PERSON, OTHER = "person-4711-x", "person-4712-x"


def test_no_process_logs_an_erased_person_once_the_command_has_ended(tmp_path: Path) -> None:
    data = tmp_path / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    with Service(data, ["--workers", "2"]) as service:
        store, registry = open_settled(data / "mailpixel.db")
        pixels = {
            line.split(",")[0]: line.split(",")[1].replace(service.url, "")
            for line in rows_of(data, f"{PERSON}\n{OTHER}", service.url, []).splitlines()[1:]
        }
        assert {service.status(path) for path in pixels.values()} == {200}
        wait_until(lambda: len(list(store.person(PERSON))) == 1, "the hit was not logged")
        wait_until(lambda: len(registry.workers()) == 2, "the workers did not say what they know")
        done = mailpixel(data, "person", "erase", PERSON, "--yes")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["events"] == 1
        for _ in range(20):
            assert {service.status(path) for path in pixels.values()} == {200}
        wait_until(lambda: len(store.message("c1", OTHER).events) == 21, "hits of others were not logged")
        assert list(store.person(PERSON)) == []
        store.close()
        registry.close()
    held = b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert PERSON.encode() not in held
    assert OTHER.encode() in held
