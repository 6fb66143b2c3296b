"""Cases of rewriting as a sender meets them, with what is right: shared lists where they are beside us, and our own.

They go through the rewriter, as `mailpixel rewrite` does.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from mailpixel.folder.key_file import new_keyring
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.rewriting import Rewriter, Rewritten, rewriter_of
from mailpixel.store.memory import MemoryRegistry
from tests.support.builders import a_campaign

SHARED = Path(__file__).parents[2].parent / "shared" / "cases"
OWN = Path(__file__).parents[1] / "data" / "mime_cases.jsonl"
KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))


def cases(*paths: Path) -> list[dict[str, Any]]:
    """The cases of the files that are there."""
    lines = [line for path in paths if path.exists() for line in path.read_text("utf-8").split("\n") if line]
    return [json.loads(line) for line in lines]


HTML = cases(SHARED / "rewrite.jsonl")
MIME = cases(SHARED / "mime.jsonl", OWN)


def rewriter(options: Sequence[str]) -> Rewriter:
    registry = MemoryRegistry()
    registry.add_campaign(a_campaign("spring", links=0))
    return rewriter_of(
        registry, KEYRING, "spring", RewriteOptions("https://t.example", text="--text" in options)
    )


@pytest.mark.parametrize("case", HTML, ids=[case["id"] for case in HTML])
def test_html_is_tracked_and_left_alone_as_labelled(case: dict[str, Any]) -> None:
    options = case["input"]["options"]
    value = options[1]
    writer = rewriter(options)
    sent = (
        writer.template(case["html"], value)
        if options[0] == "--merge-tag"
        else writer.html(case["html"], value)
    )
    assert sent.error is None
    assert [(skip.href, str(skip.reason)) for skip in sent.skipped] == [
        (skip["href"], skip["reason"]) for skip in case["skip"]
    ]
    assert destinations(sent) == [link["destination"] for link in case["expect"]]


@pytest.mark.parametrize("case", MIME, ids=[case["id"] for case in MIME])
def test_a_message_is_tracked_and_left_alone_as_labelled(case: dict[str, Any]) -> None:
    raw, expect = case["input"]["eml"].encode(), case["expect"]
    sent = rewriter(case["input"]["options"]).message(raw, "r-1")
    assert sent.error is None
    assert destinations(sent) == expect.get("destinations", destinations(sent))
    if "left" in expect:
        named = {cause.removeprefix("left-") for cause in expect["left"]}
        assert {str(part.cause) for part in sent.skipped_parts} == named
    if "pixel_in" in expect:
        assert words_of_the_pixel(sent.output) == (["Hello"] if expect["pixel_in"] else [])
    for word in expect.get("unchanged", ["Invoice"] if "unchanged_parts" in expect else []):
        assert part_with(word, sent.output) == part_with(word, raw)


def destinations(sent: Rewritten[Any]) -> list[str]:
    """Where its tracked links lead: to a link of the campaign, or to what the URL carries."""
    return [*(link.url for link in sent.links), *sent.carried]


def words_of_the_pixel(raw: bytes) -> list[str]:
    """The first words of the HTML parts that hold a pixel."""
    bodies = [
        payload(part) for part in message_from_bytes(raw).walk() if part.get_content_type() == "text/html"
    ]
    return [re.search(r"<body>(\w+)", body)[1] for body in bodies if "/o/" in body]  # type: ignore[index]


def payload(part: Any) -> str:
    return bytes(part.get_payload(decode=True)).decode()


def part_with(word: str, raw: bytes) -> bytes:
    """Headers and body of the innermost part that holds a word, byte for byte."""
    return next(part for part in re.split(rb"\r?\n--[MN](?:--)?\r?\n", raw) if word.encode() in part)
