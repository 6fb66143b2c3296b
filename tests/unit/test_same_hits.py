"""Every hit has the answer, the event and the counts that the release before the fast way gave it.

The digests in `RECORDED` were written by that release, from the same requests.
"""

import json

import pytest

from tests.support.same_hits import RECORDED, VARIANTS, answers, wires
from tests.support.same_targets import targets

SAME = json.loads(RECORDED.read_text())


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_hit_becomes_what_it_always_became(variant: str) -> None:
    found = zip(targets(), answers(variant), SAME["answers"][variant].split(), strict=True)
    assert [(target, now) for target, now, before in found if now != before] == []


@pytest.mark.parametrize("variant", SAME["wires"])
def test_a_whole_request_gets_the_answer_it_always_got(variant: str) -> None:
    assert wires(variant) == SAME["wires"][variant]
