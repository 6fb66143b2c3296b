"""Signing a list at the pages: what comes in, what goes out, what is refused, and that nothing is left behind."""

import csv
import io
import os
import re
from codecs import BOM_UTF16_LE

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mailpixel.minting.results import KEPT_S, remove_old_lists
from mailpixel.times import now_ms
from tests.support.api import Api
from tests.support.builders import a_campaign
from tests.support.web import Person

TOKENS = "/campaigns/spring/tokens"


@pytest.fixture
def person(api: Api) -> Person:
    api.registry.add_campaign(a_campaign(links=2))
    return Person(api)


def signed(person: Person, content: bytes, **fields: str) -> str:
    """The page after a list was sent."""
    person.see(TOKENS)
    answer = person.send(TOKENS, fields, files={"list": ("list.csv", content)})
    assert answer.status_code == 200
    return answer.text


def links_of(person: Person, page: str) -> bytes:
    found = re.search(r'href="([^"]*/tokens/[^"]*/links)"', page)
    assert found is not None, page
    answer = person.see(found[1])
    assert answer.headers["content-disposition"].startswith('attachment; filename="spring-links.')
    return answer.content


def parquet_list() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"recipient": ["r-1", "r-2"]}), out)
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
    assert list(row) == ["recipient", "token", "pseudonym", "town"]
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
    person.send("/campaigns/draft/tokens", {}, files={"list": ("l.csv", b"recipient\nr-1\n")})
    person.see("/campaigns/draft/edit")
    assert "links were signed for it" in person.send("/campaigns/draft/delete", {"sure": "yes"}).text
