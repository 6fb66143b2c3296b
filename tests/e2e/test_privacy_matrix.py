"""What stands on disk of a hit, and what its summary says, in every mode, whatever its reader said and when.

The gate tries a sample in which any two values of two dimensions meet. The whole matrix is tried by hand:
`pytest -m soak tests/e2e/test_privacy_matrix.py -s`.
"""

from itertools import combinations, product
from pathlib import Path

import pytest

from tests.support.privacy_matrix import (
    DIMENSIONS,
    WORKERS,
    Cell,
    Choice,
    all_cells,
    further_cells,
    groups_of,
    pairwise_sample,
)
from tests.support.privacy_oracle import ORDER
from tests.support.privacy_trial import Trial

CHOICES = {1: Choice(), 2: Choice("deliverability", "aggregate", "ignore")}
"""What the silent and the refusing allow, and headers that refuse, by the number of workers."""
SOAKED = [*groups_of([*all_cells(), *further_cells()])]


def test_any_two_values_meet_in_the_sample() -> None:
    sample = pairwise_sample()
    assert len(sample) < 40
    for (at, values), (other, others) in combinations(enumerate(DIMENSIONS, 1), 2):
        assert {(cell[at], cell[other]) for cell in sample} == set(product(values, others))


@pytest.mark.parametrize("workers", WORKERS)
def test_what_stands_on_disk_is_what_the_mode_in_force_allows(tmp_path: Path, workers: int) -> None:
    further = [cell for cell in further_cells() if cell.mode in ("aggregate", "full")]
    sample = [*pairwise_sample(), *pairwise_sample(cells=further)]
    cells = [cell for cell in sample if cell.workers == workers]
    assert Trial(tmp_path, cells, CHOICES[workers], workers).differences() == []


@pytest.mark.soak
@pytest.mark.parametrize(("key", "cells"), SOAKED, ids=["-".join(map(str, key)) for key, _ in SOAKED])
def test_all_cells_under_the_setting(tmp_path: Path, key: tuple[str, str, int], cells: list[Cell]) -> None:
    opens, clicks, workers = key
    headers = ("refuse", "ignore")[ORDER.index(opens) % 2]
    choice = Choice(ORDER[(ORDER.index(opens) + 3) % 5], ("off", "aggregate")[workers - 1], headers)
    found = Trial(tmp_path, cells, choice, workers, f"opens={opens},clicks={clicks}").differences()
    print(f"{key}: {len(cells)} cells, {len(found)} differences")
    print(*found, sep="\n")
    assert found == []
