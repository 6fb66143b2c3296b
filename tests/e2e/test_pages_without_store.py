"""Pages while the data cannot be read, or is not what it should be: a page in the usual frame, with nothing secret."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.service import Service, rows
from tests.support.signed_in import SignedIn, signed_in

PAGES = (
    "/campaigns",
    "/campaigns/spring",
    "/campaigns/spring/recipients",
    "/settings/shares",
    "/settings/keys",
)
DAMAGED = "s3cret-in-the-data"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    data = tmp_path / "data"
    rows(data, "campaign", "add", "spring", "--name", "Spring", "--link", "https://shop.example/")
    with Service(data) as running:
        yield running


@pytest.fixture
def person(service: Service) -> SignedIn:
    return signed_in(service)


def is_framed(page: str) -> bool:
    """Whether a page has the frame of the others, and no script or style of its own."""
    return page.startswith("<!doctype html>") and "/static/" in page and "<style" not in page


def test_a_damaged_database_is_a_503_in_the_frame_until_it_is_whole_again(
    service: Service, person: SignedIn
) -> None:
    database = service.data / "mailpixel.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    whole = database.read_bytes()
    try:
        with database.open("r+b") as file:
            file.write(b"\0" * len(whole))
        answers = {path: person.see(path) for path in PAGES}
    finally:
        with database.open("r+b") as file:
            file.write(whole)
    assert {path: status for path, (status, _) in answers.items()} == dict.fromkeys(PAGES, 503)
    for path, (_, page) in answers.items():
        assert is_framed(page), path
        assert "The data cannot be read right now" in page
        assert str(service.data) not in page
        assert "Traceback" not in page
    assert [person.see(path)[0] for path in PAGES] == [200] * len(PAGES)


def test_what_nobody_expected_is_a_500_in_the_frame_and_shows_nothing_of_it(
    service: Service, person: SignedIn
) -> None:
    with closing(sqlite3.connect(service.data / "mailpixel.db")) as connection, connection:
        connection.execute("update campaigns set sent_at_ms = ? where id = 'spring'", (DAMAGED,))
    status, page = person.see("/campaigns/spring")
    assert (status, is_framed(page)) == (500, True)
    assert "Something went wrong on our side" in page
    assert person.see("/campaigns/new")[0] == 200, "the others still answer"
    said = service.stop()
    for secret in (DAMAGED, person.cookie.partition("=")[2], str(service.data)):
        assert secret not in page
    assert DAMAGED not in said
    assert person.cookie.partition("=")[2] not in said
    assert re.search(r"error|Error", said), "the log says that something happened"
