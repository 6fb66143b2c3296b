"""A demonstration says what it is on each of its pages, and on its overview how to begin one's own campaign."""

from dataclasses import replace

import pytest

from mailpixel.pages.frame import Frame
from mailpixel.pages.render import render
from tests.support.builders import a_campaign

OVERVIEW = Frame(
    "Ada", frozenset({"read", "write"}), route="/campaigns/{id}", routes=frozenset({"/campaigns/new"})
)
SAYS = "This is a demonstration."


def shown(frame: Frame, demonstration: bool = True) -> str:
    return render("campaign.html", frame, title="Overview", campaign=a_campaign(demonstration=demonstration))


def test_its_overview_has_the_three_steps() -> None:
    text = shown(OVERVIEW)
    assert SAYS in text
    assert text.count("<li><strong>") == 3
    assert 'href="/campaigns/new"' in text


def test_its_test_mail_can_be_opened_without_a_search() -> None:
    before_what_is_folded_up = shown(OVERVIEW).partition("<details>")[0]
    assert "Open a test mail" in before_what_is_folded_up


@pytest.mark.parametrize(
    "frame", [replace(OVERVIEW, scopes=frozenset({"read"})), replace(OVERVIEW, routes=frozenset())]
)
def test_no_step_leads_to_a_page_that_cannot_be_opened(frame: Frame) -> None:
    assert "/campaigns/new" not in shown(frame)
    assert "mailpixel campaign add" in shown(frame)


def test_its_other_pages_only_say_what_it_is() -> None:
    text = shown(replace(OVERVIEW, route="/campaigns/{id}/links"))
    assert SAYS in text
    assert "three steps" not in text


def test_a_campaign_of_the_sender_says_nothing_of_the_kind() -> None:
    assert SAYS not in shown(OVERVIEW, demonstration=False)
