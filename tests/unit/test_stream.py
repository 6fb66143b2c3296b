"""The minting of streams: NDJSON in pieces, answered line by line."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mailpixel.links.keyring import new_keyring, pseudonym
from mailpixel.links.lists.rows import Job
from mailpixel.links.lists.stream import LINE_BYTES, LineMinter, mint_lines
from mailpixel.links.minter import Minter

KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))
MINT = Minter(KEYRING, "https://t.example", "c1")
STREAM = Job("c1", "https://t.example", merge=True)
LINES = b'{"recipient":"r-1"}\n\n{"recipient":"a@b.example"}\nnonsense\n{"recipient":"r-5"}'


def answers(pieces: Iterable[bytes], job: Job = STREAM) -> list[Any]:
    """The parsed lines that a stream gives."""
    return [json.loads(line) for line in b"".join(mint_lines(pieces, job, KEYRING)).splitlines()]


EXPECTED = [
    ("r-1", None),
    (3, "recipient"),
    (4, "line"),
    ("r-5", None),
]


@pytest.mark.parametrize("size", [1, 2, 7, 20, 1000])
def test_a_stream_answers_line_by_line_wherever_it_is_cut(size: int) -> None:
    got = answers(LINES[at : at + size] for at in range(0, len(LINES), size))
    seen = [(line.get("recipient", line.get("row")), line.get("error", {}).get("field")) for line in got]
    assert seen == EXPECTED
    assert got[0] == {"recipient": "r-1", "token": MINT.token("r-1")}
    assert got[2]["error"] == {
        "code": "invalid_input",
        "message": 'line: is not a JSON object in UTF-8; write {"recipient": "ID"}',
        "field": "line",
    }


def test_a_line_is_answered_before_the_next_has_come() -> None:
    minter = LineMinter(STREAM, KEYRING)
    assert minter.feed(b'{"recipient"') == b""
    assert json.loads(minter.feed(b':"r-1"}\n{"rec'))["recipient"] == "r-1"
    assert json.loads(minter.feed(b'ipient":"r-2"}\n'))["recipient"] == "r-2"
    assert minter.finish() == b""


def test_a_strict_stream_ends_with_its_first_error() -> None:
    job = replace(STREAM, strict=True)
    assert [line.get("row") for line in answers([LINES], job)] == [None, 3]
    assert [line.get("row") for line in answers([LINES[:50], LINES[50:], LINES], job)] == [None, 3]
    minter = LineMinter(job, KEYRING)
    minter.feed(b"nonsense\n")
    assert (minter.stopped, minter.feed(b'{"recipient":"r-1"}\n'), minter.finish()) == (True, b"", b"")
    assert minter.feed(b"x" * (LINE_BYTES + 1)) == b""


@pytest.mark.parametrize("size", [1_000, 70_000, 10**6])
@pytest.mark.parametrize("strict", [False, True])
def test_a_line_too_long_is_told_once_and_the_next_is_read(size: int, strict: bool) -> None:
    data = b'{"recipient":"r-1"}\n' + b"x" * (3 * LINE_BYTES) + b'\n{"recipient":"r-3"}\n'
    got = answers((data[at : at + size] for at in range(0, len(data), size)), replace(STREAM, strict=strict))
    seen = [line.get("recipient", line.get("row")) for line in got]
    assert seen == (["r-1", 2] if strict else ["r-1", 2, "r-3"])
    assert "65,536 bytes" in got[1]["error"]["message"]


def test_a_stream_of_addresses_keeps_what_was_written() -> None:
    [line] = answers([b'{"recipient":"jos\xc3\xa9@example.com"}'], replace(STREAM, hash_recipients=True))
    id = pseudonym(KEYRING, "josé@example.com")
    assert line == {"recipient": "josé@example.com", "token": MINT.token(id), "pseudonym": id}
