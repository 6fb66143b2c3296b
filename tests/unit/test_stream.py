"""The minting of streams: NDJSON in pieces, answered line by line."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from mailpixel.folder.key_file import new_keyring
from mailpixel.links.keyring import pseudonym
from mailpixel.links.lists.minted_rows import Format, Job, RowMinter
from mailpixel.links.minter import Minter
from mailpixel.reading.lines import LINE_BYTES, Lines
from mailpixel.server.api.streams import MintLines
from mailpixel.server.threads import Lane

KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))
MINT = Minter(KEYRING, "https://t.example", "c1")
STREAM = Job("c1", "https://t.example", merge=True, format=Format.NDJSON)
LINES = b'{"recipient":"r-1"}\n\n{"recipient":"a@b.example"}\nnonsense\n{"recipient":"r-5"}'


def answers(pieces: Iterable[bytes], job: Job = STREAM, step: int = 100) -> list[Any]:
    """The parsed lines that a stream gives."""

    async def run() -> bytes:
        minting = MintLines(RowMinter(job, KEYRING), Lane(1), step, job.strict)
        lines = Lines()
        cut = [*(lines.feed(piece) for piece in pieces), lines.finish()]
        return b"".join([await minting.take(some) for some in cut if not minting.stopped])

    return [json.loads(line) for line in anyio.run(run).splitlines()]


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
    assert got[0] == {"recipient": "r-1", "token": MINT.token("r-1"), "choice_url": MINT.choice("r-1")}
    assert got[2]["error"] == {
        "code": "invalid_input",
        "message": "line: is not JSON: Expecting value at character 0; send one JSON object per line",
        "field": "line",
    }


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b'{"recipient":"r-1","x":1}', "x"),
        (b'{"recipient":"r-1","recipient":"r-2"}', "line"),
        (b'{"recipient":1}', "recipient"),
        (b'{"recipient":" "}', "recipient"),
        (b'{"recipient":null}', "recipient"),
        (b'{"Recipient":"r-1"}', "Recipient"),
        (b"{}", "recipient"),
        (b'["r-1"]', "body"),
        (b'{"recipient":"r-1"} {}', "line"),
        (b'{"recipient":"\xff"}', "line"),
        (b'{"recipient":NaN}', "line"),
        (b"[" * 60_000, "line"),
    ],
)
def test_a_line_keeps_to_the_published_schema_or_is_an_error(line: bytes, field: str) -> None:
    [fault, good] = answers([line, b'\n{"recipient":"r-2"}\n'])
    assert (fault["row"], fault["error"]["code"], fault["error"]["field"]) == (1, "invalid_input", field)
    assert good["recipient"] == "r-2"


def test_a_strict_stream_ends_with_its_first_error() -> None:
    job = replace(STREAM, strict=True)
    assert [line.get("row") for line in answers([LINES], job)] == [None, 3]
    assert [line.get("row") for line in answers([LINES[:50], LINES[50:], LINES], job)] == [None, 3]


@pytest.mark.parametrize("size", [1_000, 70_000, 10**6])
@pytest.mark.parametrize("strict", [False, True])
def test_a_line_too_long_is_reported_once_and_the_next_is_read(size: int, strict: bool) -> None:
    data = b'{"recipient":"r-1"}\n' + b"x" * (3 * LINE_BYTES) + b'\n{"recipient":"r-3"}\n'
    got = answers((data[at : at + size] for at in range(0, len(data), size)), replace(STREAM, strict=strict))
    seen = [line.get("recipient", line.get("row")) for line in got]
    assert seen == (["r-1", 2] if strict else ["r-1", 2, "r-3"])
    assert "65,536 bytes" in got[1]["error"]["message"]


def test_a_stream_of_addresses_keeps_what_was_written() -> None:
    [line] = answers([b'{"recipient":"jos\xc3\xa9@example.com"}'], replace(STREAM, hash_recipients=True))
    id = pseudonym(KEYRING, "josé@example.com")
    assert line == {
        "recipient": "josé@example.com",
        "token": MINT.token(id),
        "pseudonym": id,
        "choice_url": MINT.choice(id),
    }
