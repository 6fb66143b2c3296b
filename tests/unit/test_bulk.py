"""Links for lists: every way people write a list, faults by row, order, duplicates, many processes."""

import csv
import io
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.keyring import pseudonym
from mailpixel.links.lists.columns import UnclearHeader, Wanted
from mailpixel.links.lists.head import look
from mailpixel.links.lists.layout import LONGEST_ROW_BYTES, Layout, blocks
from mailpixel.links.lists.minted_rows import Format, Job
from mailpixel.links.minter import Minter
from mailpixel.minting.run import (
    BLOCK_BYTES,
    Block,
    Done,
    MintedCounts,
    Watch,
    in_processes,
    mint_links,
    size_of,
    worker_count,
)

KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))
BASE = "https://t.example"
MINT = Minter(KEYRING, BASE, "c1")
MERGE = Job("c1", BASE, merge=True, workers=1)
LINKS = Job("c1", BASE, links=(1, 2), workers=1)
ADDRESSES = ["reader@example.com", 'Doe, "Jo" <jo@example.com>', "josé@example.com"]


class Told:
    """Remembers what a list told."""

    def __init__(self) -> None:
        self.faults: list[tuple[int, str, str]] = []
        self.progress: list[Done] = []
        self.watch = Watch(
            lambda row, fault: self.faults.append((row, fault.field, fault.problem)),
            self.progress.append,
        )


def minted(list_: bytes, job: Job = MERGE, told: Told | None = None) -> str:
    """The output for a list."""
    sink = io.BytesIO()
    mint_links(io.BytesIO(list_), sink, job, KEYRING, told.watch if told else Watch())
    return sink.getvalue().decode()


def recipients(list_: bytes, job: Job = MERGE) -> list[str]:
    """The recipients of the output, each with its own token."""
    rows = [line.split(",") for line in minted(list_, job).splitlines()[1:]]
    assert [row[1] for row in rows] == [MINT.token(row[0]) for row in rows]
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    "list_",
    [
        b"r-1\nr-2\nr-3\n",
        b"r-1\nr-2\nr-3",
        b"r-1\r\nr-2\r\nr-3\r\n",
        b"r-1\rr-2\rr-3\r",
        b"\n\nr-1\n\nr-2\n   \nr-3\n\n",
        b"  r-1\nr-2  \n\tr-3\n",
        b"recipient\nr-1\nr-2\nr-3\n",
        b"\nRecipient ID\nr-1\nr-2\nr-3\n",
        b"E-Mail\nr-1\nr-2\nr-3\n",
        b"customer_id\r\nr-1\r\nr-2\r\nr-3\r\n",
        b"\xef\xbb\xbfrecipient\r\nr-1\r\nr-2\r\nr-3\r\n",
        b'"recipient"\n"r-1"\n"r-2"\nr-3\n',
        b"name,recipient\nAnn,r-1\nBob,r-2\nCyd,r-3\n",
        b"name,Recipient,city\nAnn,r-1,Rome\nBob,r-2\nCyd,r-3,,\n",
        b"\xef\xbb\xbfname;recipient;city\r\nAnn;r-1;Rome, Italy\r\nBob;r-2;\r\n;;\r\nCyd;r-3;Oslo\r\n",
        b"name\trecipient\nAnn\tr-1\nBob\tr-2\nCyd\tr-3\n",
        b"name|recipient\nAnn|r-1\nBob|r-2\nCyd|r-3\n",
        b"sep=;\r\nname;recipient\r\nAnn;r-1\r\nBob;r-2\r\nCyd;r-3\r\n",
        b'"name, in full","recipient"\n"Ann, ""A""\nof Rome","r-1"\n"Bob","r-2"\nCyd,r-3\n',
        b"name,recipient\nJos\xe9,r-1\nBob,r-2\nCyd,r-3\n",
        b'name,recipient\n5" pipe,r-1\nBob,r-2\nCyd,r-3\n',
        b'{"recipient": "r-1"}\n{"recipient":"r-2","name":"Bob"}\n\n{"recipient":" r-3 "}',
        b'\xef\xbb\xbf \n{"recipient": "r-1"}\r\n{"recipient":"r-2"}\r\n{"recipient":"r-3"}\r\n',
    ],
)
def test_a_list_is_read_however_people_write_it(list_: bytes) -> None:
    assert recipients(list_) == ["r-1", "r-2", "r-3"]


@pytest.mark.parametrize("column", ["Key", "key", " KEY "])
def test_a_column_is_named_in_any_case(column: str) -> None:
    job = replace(MERGE, wanted=Wanted(column))
    assert recipients(b"recipient,Key\nr-1,k-1\nr-2,k-2\n", job) == ["k-1", "k-2"]
    assert recipients(b"Key\nk-1\nk-2\n", job) == ["k-1", "k-2"]


@pytest.mark.parametrize("list_", [b"", b"\n", b"\xef\xbb\xbf", b"recipient\n", b"a,recipient\r\n"])
def test_an_empty_list_gives_a_header(list_: bytes) -> None:
    told = Told()
    assert minted(list_, told=told) == "recipient,token,choice_url\n"
    assert told.faults == []


@pytest.mark.parametrize(
    ("list_", "column", "field", "problem"),
    [
        (
            b"name,city\nAnn,Rome\n",
            None,
            "column",
            "no column `recipient`, but `name`, `city`; set `column` to the right one",
        ),
        (b"ann@example.com,Rome\n", None, "column", "no column `recipient`, but `Rome`"),
        (b"a@b.example,c@d.example\n", None, "column", "nothing like a column name"),
        (b"recipient,Recipient\nr-1,r-2\n", None, "column", "more than once"),
        (b"recipient\nr-1\n", "id", "column", "no column `id`, but `recipient`"),
        ("recipient\nr-1\n".encode("utf-16-le"), None, "recipients", "set its `encoding`"),
        ("recipient\nr-1\n".encode("utf-16-be"), None, "recipients", "set its `encoding`"),
        (b"PK\x03\x04rest", None, "recipients", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0rest", None, "recipients", "spreadsheet"),
        (b"PAR1\x15\x00rest", None, "recipients", "Parquet"),
        (b"\x1f\x8brest", None, "recipients", "compressed"),
        (b'[{"recipient": "r-1"}]', None, "recipients", "one object a line"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_as_a_whole(
    list_: bytes, column: str | None, field: str, problem: str
) -> None:
    with pytest.raises(InvalidInput, match=problem) as refused:
        minted(list_, replace(MERGE, wanted=Wanted(column)))
    assert refused.value.field == field
    assert "@" not in str(refused.value)


FAULTY: list[tuple[bytes, list[str], list[tuple[int, str, str]]]] = [
    (b"r-1\na@b.example\nr-2\nr 3\n\nr-4\n", ["r-1", "r-2", "r-4"],
     [(2, "recipient", "e-mail"), (4, "recipient", "only")]),
    (b"recipient\nr-1\n\nr-2,x\nr-3\n", ["r-1", "r-3"], [(4, "recipient", "2 fields, the header 1")]),
    (b"name,Key\nA,k-1\nB\nC,\nD,k-4,x\nE,k-5\n", ["k-1", "k-5"],
     [(3, "Key", "ends before"), (4, "Key", "empty"), (5, "Key", "3 fields")]),
    (b'r-1\n"r-2\nr-3\nr-4\n', ["r-1", "r-3", "r-4"], [(2, "recipient", "quotes")]),
    (b'r-1\n"r-2"x\n"r-3"\n"r-4', ["r-1", "r-3"], [(2, "recipient", "quotes"), (4, "recipient", "quotes")]),
    (b"r-1\nr\xe9-2\nr-3\n", ["r-1", "r-3"], [(2, "recipient", "only")]),
    (b"r-1\nr-2\rx\nr-3\n", ["r-1", "r-3"], [(2, "recipient", "quotes")]),
    (b"r-1\n" + b"r" * 129 + b"\nr-3\n", ["r-1", "r-3"], [(2, "recipient", "129 characters")]),
    (
        b'{"recipient":"r-1"}\n{"recipient":5}\nnonsense\n{"id":"r-4"}\n["r-5"]\n{"recipient":""}\n{"recipient":"\xff"}\n'
        b'{"recipient":"\\ud800"}\n' + b"[" * 100_000 + b'\n{"recipient":"r-9"}\n',
        ["r-1", "r-9"],
        [(2, "recipient", "text"), (3, "line", "JSON"), (4, "recipient", "missing"), (5, "recipient", "missing"),
         (6, "recipient", "empty"), (7, "line", "UTF-8"), (8, "recipient", "only"), (9, "line", "JSON")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("list_", "good", "faults"), FAULTY)
def test_a_broken_row_is_reported_by_its_number_and_loses_no_other(
    list_: bytes, good: list[str], faults: list[tuple[int, str, str]]
) -> None:
    told = Told()
    column = "Key" if b"Key" in list_ else None
    lines = minted(list_, replace(MERGE, wanted=Wanted(column)), told).splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == good
    assert [(row, field) for row, field, _ in told.faults] == [(row, field) for row, field, _ in faults]
    for (_, _, problem), (_, _, expected) in zip(told.faults, faults, strict=True):
        assert expected in problem


@pytest.mark.parametrize(("list_", "good", "faults"), FAULTY)
def test_a_strict_job_ends_at_the_first_broken_row(
    list_: bytes, good: list[str], faults: list[tuple[int, str, str]]
) -> None:
    sink, told = io.BytesIO(), Told()
    job = replace(MERGE, strict=True, wanted=Wanted("Key" if b"Key" in list_ else None))
    row, field, problem = faults[0]
    with pytest.raises(InvalidInput, match=f"row {row}: .*{problem}") as refused:
        mint_links(io.BytesIO(list_), sink, job, KEYRING, told.watch)
    assert refused.value.field == field
    assert [fault[0] for fault in told.faults] == [row]
    written = [line.split(",")[0] for line in sink.getvalue().decode().splitlines()[1:]]
    assert written == good[: len(written)]
    assert len(written) >= 1


def test_a_row_of_links_holds_the_urls_of_its_recipient() -> None:
    assert minted(b"r-1\n", LINKS) == (
        "recipient,pixel_url,link_1,link_2,choice_url\n"
        f"r-1,{MINT.pixel('r-1')},{MINT.link('r-1', 1)},{MINT.link('r-1', 2)},{MINT.choice('r-1')}\n"
    )


def test_ndjson_has_the_same_columns_as_keys() -> None:
    [line] = minted(b"r-1\n", replace(LINKS, format=Format.NDJSON)).splitlines()
    assert json.loads(line) == {
        "recipient": "r-1",
        "pixel_url": MINT.pixel("r-1"),
        "link_1": MINT.link("r-1", 1),
        "link_2": MINT.link("r-1", 2),
        "choice_url": MINT.choice("r-1"),
    }
    [line] = minted(b"r-1\n", replace(LINKS, format=Format.NDJSON, merge=True)).splitlines()
    assert json.loads(line) == {
        "recipient": "r-1",
        "token": MINT.token("r-1"),
        "choice_url": MINT.choice("r-1"),
    }


def addresses_as_csv() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([["email"], *([address] for address in ADDRESSES)])
    return text.getvalue().encode()


@pytest.mark.parametrize("job", [MERGE, LINKS])
def test_hashed_recipients_keep_what_was_written_and_show_the_pseudonym(job: Job) -> None:
    text = minted(addresses_as_csv(), replace(job, hash_recipients=True))
    rows = list(csv.DictReader(io.StringIO(text)))
    ids = [pseudonym(KEYRING, address) for address in ADDRESSES]
    assert [row["recipient"] for row in rows] == ADDRESSES
    assert [row["pseudonym"] for row in rows] == ids
    assert list(rows[0])[-2:] == ["pseudonym", "choice_url"]
    urls = [row["token"] if job.merge else row["link_2"] for row in rows]
    assert urls == [MINT.token(id) if job.merge else MINT.link(id, 2) for id in ids]


def test_hashed_recipients_as_ndjson() -> None:
    job = replace(MERGE, hash_recipients=True, format=Format.NDJSON)
    rows = [json.loads(line) for line in minted(addresses_as_csv(), job).splitlines()]
    assert rows == [
        {"recipient": address, "token": MINT.token(id), "pseudonym": id, "choice_url": MINT.choice(id)}
        for address, id in ((address, pseudonym(KEYRING, address)) for address in ADDRESSES)
    ]


def test_a_recipient_that_comes_again_is_minted_again_and_counted() -> None:
    sink = io.BytesIO()
    tally = mint_links(io.BytesIO(b"r-1\nr-2\nr-1\nr 4\n\nr-1\n"), sink, MERGE, KEYRING)
    assert tally == MintedCounts(rows=5, minted=4, faulty=1, duplicates=2)
    lines = sink.getvalue().splitlines()
    assert lines[1] == lines[3] == lines[4]


def numbered(count: int) -> bytes:
    return b"name,recipient\n" + b"".join(b'"Reader\nno. %d",r-%07d\n' % (n, n) for n in range(count))


def test_several_processes_give_what_one_gives_in_the_same_order(tmp_path: Path) -> None:
    list_ = numbered(60_000).replace(b"r-0031999", b"r 31999")
    assert len(list_) > 6 * BLOCK_BYTES
    (tmp_path / "list.csv").write_bytes(list_)
    outputs, told = [], []
    for workers in (1, 2):
        told.append(Told())
        with (tmp_path / "list.csv").open("rb") as source, (tmp_path / str(workers)).open("wb") as sink:
            assert size_of(source) == len(list_)
            tally = mint_links(source, sink, replace(MERGE, workers=workers), KEYRING, told[-1].watch)
        assert tally == MintedCounts(60_000, 59_999, 1, 0)
        outputs.append((tmp_path / str(workers)).read_bytes())
    assert outputs[0] == outputs[1]
    assert told[0].faults == told[1].faults == [(32_001, "recipient", told[0].faults[0][2])]
    assert told[0].progress == told[1].progress
    assert (told[1].progress[-1].recipients, told[1].progress[-1].read_bytes) == (60_000, len(list_))
    assert [line.split(",")[0] for line in outputs[0].decode().splitlines()[1:3]] == [
        "r-0000000",
        "r-0000001",
    ]


def test_a_strict_job_ends_all_its_processes(tmp_path: Path) -> None:
    list_ = numbered(60_000).replace(b"r-0020000", b"r 20000")
    sink = io.BytesIO()
    with pytest.raises(InvalidInput, match="row 20002"):
        mint_links(io.BytesIO(list_), sink, replace(MERGE, workers=2, strict=True), KEYRING)
    assert sink.getvalue().count(b"\n") == 1 + 20_000


class Dying(Layout):
    """A layout that ends the process that reads with it."""

    def read(self, block: bytes) -> Any:
        os._exit(1)


def test_a_process_that_dies_is_reported_in_words() -> None:
    block = Block(MERGE, KEYRING, Dying(), b"r-1\n", 0)
    with pytest.raises(MailpixelError, match="a worker process died"):
        list(in_processes([block], 2))


def test_all_cores_are_used_when_no_number_is_given() -> None:
    assert worker_count(Job("c1", BASE)) == len(os.sched_getaffinity(0))
    assert worker_count(Job("c1", BASE, workers=3)) == 3


@pytest.mark.parametrize(
    ("job", "field"),
    [
        (lambda: Job("c 1", BASE), "campaign"),
        (lambda: Job("c1", "t.example"), "base_url"),
        (lambda: Job("c1", BASE, links=(1, 0)), "link"),
    ],
)
def test_a_job_out_of_bounds_is_refused_before_it_begins(job: Callable[[], Job], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        job()
    assert refused.value.field == field


def test_a_row_without_end_is_refused() -> None:
    with pytest.raises(InvalidInput, match="row of more than 262,144 bytes"):
        minted(b"x" * (LONGEST_ROW_BYTES * 3))


@pytest.mark.parametrize("rest", [b"r-%d\n", b'"r-%d"\n'])
def test_a_quote_left_open_in_a_long_list_costs_its_own_row(rest: bytes) -> None:
    told = Told()
    list_ = b'r-1\n"r-2\n' + b"".join(rest % n for n in range(3, 120_000))
    lines = minted(list_, told=told).splitlines()[1:]
    assert [fault[0] for fault in told.faults] == [2]
    assert len(lines) == 119_998


ROWS = st.lists(st.text(st.sampled_from('ab1",;\n\r é'), max_size=12), min_size=1, max_size=3)


@given(st.lists(ROWS, max_size=30), st.integers(1, 40), st.sampled_from([",", ";"]))
def test_blocks_are_whole_rows_and_together_the_list(
    rows: list[list[str]], size: int, delimiter: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    data = text.getvalue().encode()
    layout = Layout(delimiter, width=3)
    cut = list(blocks(io.BytesIO(data[1:]), data[:1], size, layout))
    assert b"".join(cut) == data
    whole = [str(row) for row in layout.read(data)]
    assert [str(row) for block in cut for row in layout.read(block)] == (whole if data else [])


@given(st.binary(max_size=300))
def test_any_bytes_are_minted_or_refused_in_words(data: bytes) -> None:
    told = Told()
    try:
        text = minted(data, told=told)
    except InvalidInput:
        return
    for line in text.splitlines()[1:]:
        recipient, token, choice = line.split(",")
        assert (token, choice) == (MINT.token(recipient), MINT.choice(recipient))


def test_what_heads_a_list_of_one_column_is_not_taken_for_an_id() -> None:
    headers = [
        "recipient",
        "Recipients",
        "ID",
        "user id",
        "contact-id",
        "email",
        "E-Mail Address",
        "subscriber_uuid",
    ]
    assert [look(name.encode() + b"\nr-1\n").head_rows for name in headers] == [1] * len(headers)
    ids = ["r-1", "id-1", "email7", "1001", "a@b.example"]
    assert [look(id.encode() + b"\nr-1\n").head_rows for id in ids] == [0] * len(ids)


@pytest.mark.parametrize(
    "list_",
    [
        "Kundennummer\n1001\n1002\n",
        "Kunde\nr-1\nr-2\n",
        "name\nalice\nbob\n",
        "Login\nalice\nbob\n",
        "Members\nalice\nbob\n",
        "Mailadresse\nann@example.com\nbob@example.com\n",
        "Customer Number\nk1\nk2\n",
        "useridentity\nr-1\n",
        '"Nº de client"\r\n"1001"\r\n"1002"\r\n',
        "Schlüssel\nAB-1\nAB-2\n",
        "login\n",
        "Column1\nr-1\nr-2\n",
        "Unnamed: 0\n1001\n",
    ],
)
def test_a_first_line_that_may_name_the_only_column_is_asked_about(list_: str) -> None:
    data = list_.encode()
    with pytest.raises(UnclearHeader) as unclear:
        minted(data)
    name = list_.split("\n")[0].strip('\r"')
    assert unclear.value.name == name
    assert f"the first line, `{name}`, looks like the name of the column" in unclear.value.problem
    assert unclear.value.problem.endswith("; say which it is")
    rows = data.count(b"\n") - 1
    hashed = replace(MERGE, hash_recipients=True)
    assert minted(data, replace(hashed, wanted=Wanted(name))).count("\n") == 1 + rows
    assert minted(data, replace(hashed, wanted=Wanted(headerless=True))).count("\n") == 2 + rows


@pytest.mark.parametrize(
    "list_",
    [
        ["r-1", "r-2"],
        ["1001", "1002"],
        ["alice", "bob", "carol"],
        ["alice"],
        ["u_alice", "u_bob"],
        ["F47AC10B-58CC", "0E8BA7A1-11AA"],
        [
            "aBcDeFgHiJkLmNoPqRsTuV",
            *(f"x{n}YzAbCdEfGhIjKlMnOpQ" for n in range(60)),
            "zYxWvUtSrQpOnMlKjIhGfE",
        ],
    ],
)
def test_a_list_of_ids_without_a_header_is_signed_from_its_first_line_on(list_: list[str]) -> None:
    assert recipients("\n".join(list_).encode()) == list_


def test_a_header_that_is_said_to_be_missing_is_missing() -> None:
    assert recipients(b"id\nr-1\n", replace(MERGE, wanted=Wanted(headerless=True))) == ["id", "r-1"]
    for wanted in (
        Wanted(headerless=True),
        Wanted("name", headerless=True),
        Wanted(keep=("name",), headerless=True),
    ):
        with pytest.raises(InvalidInput, match="only a list of one column may lack it"):
            minted(b"recipient,name\nr-1,Ann\n", replace(MERGE, wanted=wanted))


EXCEL = "Kundennr;Name;Ort\r\nr-1;Jürgen Groß;Köln\r\nr-2;Ann;Rome\r\nr-3;Zoë;Liège\r\n"


@pytest.mark.parametrize(
    ("encoding", "mark", "named"),
    [
        ("utf-8", b"\xef\xbb\xbf", None),
        ("utf-16-le", b"\xff\xfe", None),
        ("utf-16-be", b"\xfe\xff", None),
        ("utf-32-le", b"\xff\xfe\0\0", None),
        ("utf-16-le", b"", "utf-16-le"),
        ("cp1252", b"", "cp1252"),
        ("iso-8859-15", b"", "latin-1"),
    ],
)
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_list_of_any_spreadsheet_is_read_with_its_names_and_accents(
    encoding: str, mark: bytes, named: str | None, delimiter: str
) -> None:
    list_ = mark + EXCEL.replace(";", delimiter).encode(encoding)
    job = replace(MERGE, encoding=named, wanted=Wanted("kundennr", keep=("Name", "Ort")))
    rows = list(csv.DictReader(io.StringIO(minted(list_, job))))
    assert [(row["recipient"], row["Name"], row["Ort"]) for row in rows] == [
        ("r-1", "Jürgen Groß", "Köln"),
        ("r-2", "Ann", "Rome"),
        ("r-3", "Zoë", "Liège"),
    ]


def test_a_long_list_in_another_encoding_is_read_to_its_end() -> None:
    ids = [f"r-{n:07}" for n in range(60_000)]
    data = ("recipient\tname\r\n" + "".join(f"{id}\tJürgen 😀\r\n" for id in ids)).encode("utf-16")
    job = replace(MERGE, wanted=Wanted(keep_all=True))
    lines = minted(data, job).splitlines()
    assert lines[0] == "recipient,token,name,choice_url"
    assert [(line.split(",")[0], line.split(",")[2]) for line in lines[1:]] == [
        (id, "Jürgen 😀") for id in ids
    ]


def test_a_list_that_is_invalid_its_encoding_is_refused_in_words() -> None:
    for data in (b"\xff\xfer\0-\0" + b"\0\xd8\n\0", b"\xff\xfe\n\0r"):
        with pytest.raises(InvalidInput, match="is not utf-16 throughout"):
            minted(data)
    for name in ("nonsense", "zip", "base64", "a\0b"):
        with pytest.raises(InvalidInput, match="encoding: is not known"):
            replace(MERGE, encoding=name)


def test_a_kept_value_in_another_encoding_costs_its_own_row() -> None:
    told = Told()
    job = replace(MERGE, wanted=Wanted("Kundennr", keep_all=True))
    lines = minted(EXCEL.encode("cp1252"), job, told).splitlines()
    assert [line.split(",")[0] for line in lines] == ["recipient", "r-2"]
    assert [(row, field) for row, field, _ in told.faults] == [(2, "Name"), (4, "Name")]
    assert all("set its `encoding`" in problem for _, _, problem in told.faults)


KEPT = (
    b'ID;E-Mail;Note;age\nr-1;ann@example.com;"one, ""two""\nthree";7\n'
    b"r 2;bob@example.com;;\nr-3;cyd@example.com;=1+1\n"
)


@pytest.mark.parametrize("workers", [1, 2])
def test_kept_columns_come_out_behind_the_signed_ones_as_they_were(workers: int) -> None:
    job = replace(LINKS, wanted=Wanted("ID", keep=("note", "E-Mail")), workers=workers)
    rows = list(csv.DictReader(io.StringIO(minted(KEPT, job))))
    assert list(rows[0]) == ["recipient", "pixel_url", "link_1", "link_2", "Note", "E-Mail", "choice_url"]
    assert [(row["recipient"], row["link_2"], row["Note"], row["E-Mail"]) for row in rows] == [
        ("r-1", MINT.link("r-1", 2), 'one, "two"\nthree', "ann@example.com"),
        ("r-3", MINT.link("r-3", 2), "=1+1", "cyd@example.com"),
    ]


def test_all_columns_are_kept_but_the_one_with_the_recipients() -> None:
    hashed = replace(MERGE, hash_recipients=True, wanted=Wanted("E-Mail", keep_all=True))
    rows = list(csv.DictReader(io.StringIO(minted(KEPT, hashed))))
    assert list(rows[0]) == ["recipient", "token", "pseudonym", "ID", "Note", "age", "choice_url"]
    assert [(row["recipient"], row["ID"], row["age"]) for row in rows] == [
        ("ann@example.com", "r-1", "7"),
        ("bob@example.com", "r 2", ""),
        ("cyd@example.com", "r-3", ""),
    ]


def test_ndjson_keeps_its_values_as_they_are_and_csv_has_them_as_text() -> None:
    list_ = b'{"id":"r-1","n":7,"who":{"a":[1]},"x":null,"ok":true,"s":"7"}\n{"id":"r-2","s":"\xc3\xa9"}\n'
    kept = Wanted("id", keep=("n", "who", "x", "ok", "s"))
    lines = minted(list_, replace(MERGE, wanted=kept, format=Format.NDJSON)).splitlines()
    first, second = ({name: json.loads(line)[name] for name in kept.keep} for line in lines)
    assert first == {"n": 7, "who": {"a": [1]}, "x": None, "ok": True, "s": "7"}
    assert second == {"n": None, "who": None, "x": None, "ok": None, "s": "é"}
    rows = list(
        csv.DictReader(io.StringIO(minted(list_, replace(MERGE, wanted=Wanted("id", keep_all=True)))))
    )
    assert [[row[name] for name in kept.keep] for row in rows] == [
        ["7", '{"a": [1]}', "", "true", "7"],
        ["", "", "", "", "é"],
    ]


@pytest.mark.parametrize(
    ("list_", "wanted", "problem"),
    [
        (
            b"recipient,name\nr-1,Ann\n",
            Wanted(keep=("city",)),
            "`city` is not there; the list has `recipient`, `name`",
        ),
        (b"recipient,name,Name\nr-1,A,B\n", Wanted(keep=("name",)), "column `name` is named more than once"),
        (
            b"recipient,name,Name\nr-1,A,B\n",
            Wanted(keep_all=True),
            "column `Name` would stand twice in the output",
        ),
        (b"ID,recipient\nr-1,x\n", Wanted("ID", keep_all=True), "column `recipient` would stand twice"),
        (b"recipient,Token\nr-1,x\n", Wanted(keep_all=True), "column `Token` would stand twice"),
        (b"recipient,name\nr-1,x\n", Wanted(keep=("name", "NAME")), "column `name` would stand twice"),
        (b"r-1\nr-2\n", Wanted(keep=("name",)), "needs a first line that names the columns"),
        (b'{"recipient":"r-1","n":1}\n', Wanted(keep=("m",)), "no line has `m`; there are `recipient`, `n`"),
    ],
)
def test_a_column_that_cannot_be_kept_is_refused_before_a_row_is_signed(
    list_: bytes, wanted: Wanted, problem: str
) -> None:
    sink = io.BytesIO()
    with pytest.raises(InvalidInput, match=problem) as refused:
        mint_links(io.BytesIO(list_), sink, replace(MERGE, wanted=wanted), KEYRING)
    assert (refused.value.field, sink.getvalue()) == ("keep", b"")


def test_a_comma_in_a_header_does_not_hide_the_semicolons_below_it() -> None:
    list_ = b"Name, first;recipient\nAnn;r-1\nBob;r-2\n"
    assert recipients(list_) == ["r-1", "r-2"]
