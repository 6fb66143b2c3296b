"""Every word for an envelope has a sentence: those in the code, and those that name a field."""

import re
from pathlib import Path

import pytest

import mailpixel.site
from mailpixel.report.site_words import OUTCOMES, PROBLEMS, outcome_text, problem_text
from mailpixel.site.outcomes import Outcome
from mailpixel.site.refusals import Refusal

WORD = re.compile(r'"((?:bad|missing|cut|differs|fixed|clock|personal|no_consent):[a-z_]+)"')
ROOM = Path(mailpixel.site.__file__).parent
OF_SERVERS = {"no_consent:recipient"}


def test_every_problem_in_the_code_has_a_sentence() -> None:
    found = {word for file in ROOM.glob("*.py") for word in WORD.findall(file.read_text(encoding="utf-8"))}
    assert len(found) > 20
    untold = {word for word in found | set(Refusal) if problem_text(word) == word}
    assert untold - OF_SERVERS == set()


def test_every_outcome_but_an_unknown_site_has_a_sentence() -> None:
    assert set(Outcome) - {"unknown_site"} <= OUTCOMES.keys()
    assert outcome_text("something new") == "something new"


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        ("personal:coupon", "An e-mail address was taken out of `coupon`. Do not send it."),
        ("missing:title", "The tracking plan wants `title`, and the event lacks it."),
        ("bad:price", "`price` cannot be read, so it is left out."),
        ("new:{}", "new:{}"),
    ],
)
def test_a_problem_that_names_a_field_is_told_with_its_name(problem: str, text: str) -> None:
    assert problem_text(problem) == text
    assert problem not in PROBLEMS
