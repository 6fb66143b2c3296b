"""Consent strings of the TCF, read strictly.

The strings of tests/data/tcf_strings.jsonl are a published sample (the first) and made ones; their purposes are what
the package iab-tcf 0.2.2 reads in them. That package is no judge of broken strings: it allows all purposes there.
"""

import json
from pathlib import Path

import pytest

from mailpixel.site.tcf import TCF_CHARS, consented_purposes

FILE = Path(__file__).parents[1] / "data" / "tcf_strings.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
TEXTS = [row["text"] for row in ROWS]


def test_the_published_sample_consents_to_four_purposes() -> None:
    assert consented_purposes(TEXTS[0]) == {1, 3, 9, 10}


def test_every_string_is_read_as_the_other_decoder_reads_it() -> None:
    assert [sorted(consented_purposes(row["text"])) for row in ROWS] == [row["purposes"] for row in ROWS]


def test_a_string_cut_anywhere_before_its_end_allows_nothing() -> None:
    core = TEXTS[0].partition(".")[0]
    assert [size for size in range(len(core)) if consented_purposes(core[:size])] == []


def test_no_cut_core_allows_more_than_the_whole() -> None:
    for text in TEXTS:
        core, whole = text.partition(".")[0], consented_purposes(text)
        for size in range(len(core)):
            assert consented_purposes(core[:size]) in (frozenset(), whole)  # only padding may be missing


BROKEN = {
    "empty": "",
    "garbage": "garbage!!",
    "version 1": "B" + TEXTS[0][1:],
    "version 3": "D" + TEXTS[0][1:],
    "padded with =": TEXTS[0].partition(".")[0] + "==",
    "a blank behind": TEXTS[0] + " ",
    "a line feed behind": TEXTS[0] + "\n",
    "an empty segment": TEXTS[0] + ".",
    "two points": TEXTS[0].replace(".", ".."),
    "other letters of base64": TEXTS[0].replace("-", "+"),
    "more behind the core": TEXTS[0].partition(".")[0] + "AAAA",
    "a bit behind the core": TEXTS[0].partition(".")[0] + "B",
    "all ones": "C" + "_" * 200,
    "all zeros": "C" + "A" * 2000,
    "too long": TEXTS[0] + "." + "A" * TCF_CHARS,
    "not ASCII": TEXTS[0][:-1] + "é",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_string_allows_nothing(text: str) -> None:
    assert consented_purposes(text) == frozenset()


@pytest.mark.parametrize("value", [None, 5, True, [], {}, b"C"])
def test_what_is_no_text_allows_nothing(value: object) -> None:
    assert consented_purposes(value) == frozenset()
