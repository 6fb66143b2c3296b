"""Signing a list at the pages: what comes in, what goes out, what is refused, and that nothing is left behind."""

import csv
import io
import os
import re
from codecs import BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mailpixel.links.lists.minted_rows import Job
from mailpixel.minting.list_job import ListJob
from mailpixel.minting.results import KEPT_S, remove_old_lists
from mailpixel.server.signing import WAITING
from mailpixel.times import now_ms
from tests.support.api import Api
from tests.support.builders import a_campaign
from tests.support.processes import wait_until
from tests.support.web import Person

TOKENS = "/campaigns/spring/tokens"
AT_WORK = "The list is being signed"


@pytest.fixture
def person(api: Api) -> Person:
    api.registry.add_campaign(a_campaign(links=2))
    return Person(api)


def signed(person: Person, content: bytes, **fields: str) -> str:
    """The page after a list was sent: of what became of it, or the form again."""
    person.see(TOKENS)
    answer = person.send(TOKENS, fields, files={"list": ("list.csv", content)})
    assert answer.status_code == 200
    return answer.text if answer.url.path == TOKENS else ended(person, answer.url.path)


def ended(person: Person, path: str) -> str:
    """The page of a list that is not being signed any more."""
    wait_until(lambda: AT_WORK not in person.see(path).text, "the list is not signed")
    return person.see(path).text


def links_of(person: Person, page: str) -> bytes:
    found = re.search(r'href="([^"]*/tokens/[^"]*/links)"', page)
    assert found is not None, page
    answer = person.see(found[1])
    assert answer.headers["content-disposition"].startswith('attachment; filename="spring-links.')
    return answer.content


def parquet_list(rows: int = 2) -> bytes:
    out = io.BytesIO()
    table = pa.table({"recipient": [f"r-{n}" for n in range(1, rows + 1)]})
    pq.write_table(table, out, compression="none", use_dictionary=False, row_group_size=50_000)
    return out.getvalue()


LISTS = {
    "csv": (b"recipient\nr-1\nr-2\n", {}),
    "semicolons": (b"name;recipient\r\nAnna;r-1\r\nBo;r-2\r\n", {}),
    "sep": (b"sep=;\r\nname;recipient\r\nAnna;r-1\r\nBo;r-2\r\n", {}),
    "utf16": (BOM_UTF16_LE + "name\trecipient\r\nJürgen\tr-1\r\nBo\tr-2\r\n".encode("utf-16-le"), {}),
    "cp1252": ("name;recipient\r\nJürgen;r-1\r\nBo;r-2\r\n".encode("cp1252"), {"encoding": "cp1252"}),
    "column": (b"key,name\nr-1,x\nr-2,y\n", {"column": "key"}),
    "lines": (b"r-1\nr-2\n", {"headerless": "yes"}),
    "ndjson": (b'{"recipient":"r-1"}\n{"recipient":"r-2"}\n', {}),
    "parquet": (parquet_list(), {}),
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_of_any_kind_is_signed(person: Person, kind: str) -> None:
    content, fields = LISTS[kind]
    page = signed(person, content, **fields)
    assert "2 of 2 recipients have links" in page
    rows = list(csv.DictReader(io.StringIO(links_of(person, page).decode())))
    assert [row["recipient"] for row in rows] == ["r-1", "r-2"]
    assert rows[0]["link_2"].startswith("https://t.example/c/")


def test_links_come_as_tokens_with_pseudonyms_and_other_columns(person: Person) -> None:
    page = signed(
        person, b"recipient,town\na@x.example,Rome\n", merge="yes", hash_recipients="yes", keep_all="yes"
    )
    (row,) = csv.DictReader(io.StringIO(links_of(person, page).decode()))
    assert list(row) == ["recipient", "token", "pseudonym", "town", "choice_url"]
    assert (row["recipient"], row["town"]) == ("a@x.example", "Rome")
    made = signed(person, b"recipient\nr-1\n", format="parquet")
    assert pq.read_table(io.BytesIO(links_of(person, made))).num_rows == 1


def test_faulty_rows_are_named_by_number_and_the_others_signed(person: Person) -> None:
    page = signed(person, b"recipient\nr-1\nanna@shop.example\n<script>alert(1)</script>\nr-1\n")
    assert "2 of 4 recipients have links" in page
    assert "2 rows were left out" in page
    assert "row 3: " in page
    assert "row 4: " in page
    assert "Rows that repeat a recipient: 1." in page
    assert "<script>alert" not in page
    assert "anna@shop.example" not in page


@pytest.mark.parametrize(
    ("content", "fields", "field"),
    [
        (b"", {}, "list"),
        (b"PK\x03\x04zip", {}, "list"),
        (b"a,b\n1,2\n", {}, "column"),
        (b"recipient\nr-1\n", {"column": "<script>"}, "column"),
        (b"recipient\nr-1\n", {"encoding": "zip"}, "encoding"),
        (b"PAR1\0\0broken", {}, "list"),
    ],
)
def test_a_list_that_cannot_be_read_is_explained_and_leaves_nothing(
    person: Person, api: Api, content: bytes, fields: dict[str, str], field: str
) -> None:
    page = signed(person, content, **fields)
    assert f'id="problem-{field}"' in page
    assert "<script>" not in page
    folder = api.settings.data / "lists"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_signed_list_belongs_to_its_campaign_and_can_be_deleted(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign("autumn"))
    page = signed(person, b"recipient\nr-1\n")
    found = re.search(r'href="/campaigns/spring/tokens/([^"/]*)/links"', page)
    assert found is not None
    assert person.see(f"/campaigns/autumn/tokens/{found[1]}").status_code == 404
    assert person.see(f"{TOKENS}/..%2f..%2fkeys/links").status_code == 404
    assert {oct(file.stat().st_mode & 0o777) for file in (api.settings.data / "lists").iterdir()} == {"0o600"}
    person.send(f"{TOKENS}/{found[1]}", {})
    assert person.see(f"{TOKENS}/{found[1]}/links").status_code == 404
    assert list((api.settings.data / "lists").iterdir()) == []


def test_lists_are_removed_after_their_hour(person: Person, api: Api) -> None:
    signed(person, b"recipient\nr-1\n")
    files = list((api.settings.data / "lists").iterdir())
    now_s = now_ms() / 1000
    remove_old_lists(api.settings.data, now_s)
    assert sorted((api.settings.data / "lists").iterdir()) == sorted(files)
    for file in files:
        os.utime(file, (now_s - KEPT_S - 5, now_s - KEPT_S - 5))
    remove_old_lists(api.settings.data, now_s)
    assert list((api.settings.data / "lists").iterdir()) == []


def test_signing_is_remembered_so_that_the_campaign_cannot_be_deleted(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign("draft", sent=None, sent_at=None))
    person.see("/campaigns/draft/tokens")
    sent = person.send("/campaigns/draft/tokens", {}, files={"list": ("l.csv", b"recipient\nr-1\n")})
    ended(person, sent.url.path)
    person.see("/campaigns/draft/edit")
    assert "links were signed for it" in person.send("/campaigns/draft/delete", {"sure": "yes"}).text


def test_a_list_that_turns_out_to_be_broken_says_so_and_offers_no_part_of_it(
    person: Person, api: Api
) -> None:
    whole = parquet_list(200_000)
    page = signed(person, b"".join((whole[:500_000], b"\xff" * 100_000, whole[600_000:])))
    assert "The list was not signed" in page
    assert "Download the links" not in page
    assert [file.suffix for file in (api.settings.data / "lists").iterdir()] == [".json"]


@contextmanager
def held(api: Api) -> Iterator[str]:
    """A list that is being signed until the block ends; gives its id."""
    reading, writing = os.pipe()
    services = api.client.app_state["services"]
    job = Job("spring", "https://t.example", workers=1)
    with os.fdopen(writing, "wb") as rest:
        rest.write(b"recipient\nr-1\n")

        def make() -> ListJob:
            return ListJob(os.fdopen(reading, "rb"), api.settings.data, job, services.live.keyring)

        yield services.signing.begin(make, lambda signed: None)


def test_few_lists_wait_and_the_next_is_asked_to_come_back(person: Person, api: Api) -> None:
    with held(api) as first:
        person.see(TOKENS)
        upload = {"list": ("list.csv", b"recipient\nr-1\n")}
        waiting = [person.send(TOKENS, {}, files=upload) for _ in range(WAITING)]
        assert all(AT_WORK in answer.text for answer in waiting)
        refused = person.send(TOKENS, {}, files=upload)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
        assert "try again in a minute" in refused.text
        assert person.see(f"{TOKENS}/{first}/links").status_code == 404, "a part of a list is not offered"
        remove_old_lists(api.settings.data, now_ms() / 1000 + 2 * KEPT_S)
        assert AT_WORK in person.see(f"{TOKENS}/{first}").text, "a list at work stays, however old"
    pages = [ended(person, path) for path in (f"{TOKENS}/{first}", *(each.url.path for each in waiting))]
    assert all("1 of 1 recipients have links" in page for page in pages)


def test_a_list_can_be_stopped_and_leaves_nothing(person: Person, api: Api) -> None:
    with held(api):
        person.see(TOKENS)
        waiting = person.send(TOKENS, {}, files={"list": ("list.csv", b"recipient\nr-1\n")}).url.path
        assert "Signing was stopped" in person.send(waiting, {"stop": "yes"}).text
        assert person.see(waiting).status_code == 404
    later = signed(person, b"recipient\nr-1\n")
    assert "1 of 1 recipients" in later, "those after it are signed"
    assert waiting.rpartition("/")[2] not in " ".join(file.name for file in all_files(api.settings.data))


def all_files(data: Path) -> list[Path]:
    return [*(data / "lists").iterdir(), *(data / "jobs").iterdir()]


def test_a_button_to_stop_does_not_delete_a_list_that_was_finished_meanwhile(person: Person) -> None:
    person.see(TOKENS)
    path = person.send(TOKENS, {}, files={"list": ("list.csv", b"recipient\nr-1\n")}).url.path
    ended(person, path)
    page = person.send(path, {"stop": "yes"}).text
    assert "The list was already finished." in page
    assert links_of(person, page)
