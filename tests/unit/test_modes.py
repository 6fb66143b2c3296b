"""Modes: their order, their byte, their text, and that the lesser of several holds."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.errors import InvalidInput
from mailpixel.modes import FULL, MODES_OF_BYTE, OFF, Mode, Modes, both, lesser, parse_modes

MODES = st.builds(Modes, st.sampled_from(Mode), st.sampled_from(Mode))


def test_modes_are_ordered_from_nothing_to_everything() -> None:
    assert [mode.word for mode in sorted(Mode)] == [
        "off",
        "aggregate",
        "deliverability",
        "individual",
        "full",
    ]


def test_every_pair_has_a_byte_of_its_own_that_leaves_the_two_highest_bits_free() -> None:
    pairs = [Modes(opens, clicks) for opens, clicks in product(Mode, Mode)]
    assert [MODES_OF_BYTE[pair.byte] for pair in pairs] == pairs
    assert len(MODES_OF_BYTE) == 25
    assert all(byte < 64 and byte & 7 <= 4 and byte >> 3 <= 4 for byte in MODES_OF_BYTE)
    assert Modes(Mode.AGGREGATE, Mode.FULL).byte == 0b100_001


def test_a_pair_is_written_shortly_where_both_are_the_same() -> None:
    assert both(Mode.INDIVIDUAL).text == "individual"
    assert Modes(Mode.AGGREGATE, Mode.INDIVIDUAL).text == "opens=aggregate,clicks=individual"


@given(MODES)
def test_what_is_written_reads_back(modes: Modes) -> None:
    assert parse_modes(modes.text) == modes


def test_both_purposes_may_be_written_in_either_order() -> None:
    assert parse_modes("clicks=full, opens=off") == Modes(Mode.OFF, Mode.FULL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "on",
        "Full",
        "3",
        "opens=full",
        "opens=full,",
        "opens=full,opens=off",
        "opens=full,clicks=on",
        "opens=full,clicks=off,",
        "opens=full,clicks=off,clicks=off",
        "opens=full,views=off",
        "opens=clicks=full,off",
        "off,full",
    ],
)
def test_anything_else_is_refused_with_the_words_there_are(text: str) -> None:
    with pytest.raises(InvalidInput, match="must be one of off, aggregate, deliverability, individual, full"):
        parse_modes(text, "mode")


@given(st.lists(MODES, max_size=5))
def test_the_lesser_is_never_above_any_and_is_one_of_them_by_purpose(several: list[Modes]) -> None:
    least = lesser(*several)
    assert all(least.opens <= each.opens and least.clicks <= each.clicks for each in several)
    assert least.opens in {each.opens for each in [*several, FULL]}
    assert least.clicks in {each.clicks for each in [*several, FULL]}
    assert lesser(least, *several) == lesser(*reversed(several)) == least
    assert lesser(OFF, *several) == OFF
