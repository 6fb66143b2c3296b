"""The kept corpus and half a second of mutations of it break no law. `scripts/fuzz` searches for longer."""

import pytest

from tests.fuzz.search import search
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_break_what_reads_them(name: str) -> None:
    tried, _ = search(name, 0.5, guided=False)
    assert tried > 1
