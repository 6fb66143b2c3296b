"""The colours of the charts, read from the style sheet: contrast, and telling them apart without seeing all colours."""

import re
from collections.abc import Mapping
from importlib.resources import files
from itertools import combinations

import pytest

from tests.support.colours import SEEN_BY, contrast, distance

SHEET = (files("mailpixel.pages") / "static" / "figures.css").read_text(encoding="utf-8")
PARTS = ("--human", "--proxied", "--privacy", "--machine")


def palettes() -> Mapping[str, Mapping[str, str]]:
    """The variables of each of the three blocks `:root`."""
    blocks = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    found = [dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    return dict(zip(("light", "dark", "print"), found, strict=True))


@pytest.mark.parametrize("scheme", palettes())
def test_every_part_stands_out_from_its_ground(scheme: str) -> None:
    colours = palettes()[scheme]
    weak = {name: contrast(colours[name], colours["--chart-ground"]) for name in PARTS}
    assert {name: ratio for name, ratio in weak.items() if ratio < 3} == {}


@pytest.mark.parametrize("scheme", palettes())
def test_words_in_charts_can_be_read(scheme: str) -> None:
    colours = palettes()[scheme]
    words = ("--chart-text", "--chart-quiet")
    assert all(contrast(colours[name], colours["--chart-ground"]) >= 4.5 for name in words)


@pytest.mark.parametrize("seen_by", SEEN_BY)
@pytest.mark.parametrize("scheme", palettes())
def test_no_two_parts_look_alike_whatever_colours_one_sees(scheme: str, seen_by: str) -> None:
    colours = palettes()[scheme]
    pairs = combinations((colours[name] for name in PARTS), 2)
    assert min(distance(one, other, seen_by) for one, other in pairs) >= 20
