"""Tables of the command line: as wide as needed in a pipe, or wrapped to a width without losing a letter."""

import pytest

from mailpixel.cli.context import print_table

SENTENCE = "the first of many words " * 8
ADDRESS = "https://shop.example/" + "a" * 150


def test_a_table_in_a_pipe_is_as_wide_as_its_content(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("rule", "url"), [(SENTENCE, ADDRESS)])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_table_of_a_width_is_wrapped_and_no_letter_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("rule", "url"), [(SENTENCE, ADDRESS)], width=100)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 100
    assert shown.count("first") == 8
    assert shown.count("a" * 20) >= 1
    assert "…" not in shown
