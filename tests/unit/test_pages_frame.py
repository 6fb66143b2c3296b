"""The frame around every page: what it links, what it escapes, and that a missing value is an error."""

import re

import pytest
from jinja2 import UndefinedError

from mailpixel.pages import Frame, render
from mailpixel.pages.frame import CAMPAIGN, MAIN, SETTINGS, SITE, Tab
from mailpixel.pages.static import named, static_files, static_url
from mailpixel.server.static_files import served

HOSTILE = "\"><script>alert(1)</script>'&"
BOTH = frozenset({"read", "write"})
ALL = frozenset(place.path for place in (*MAIN, *CAMPAIGN, *SITE, *SETTINGS))


def test_navigation_links_only_what_exists_and_what_the_person_may_see() -> None:
    reader = Frame("anna", frozenset({"read"}), routes=ALL, route="/campaigns/{id}/recipients/{r}")
    assert reader.main == [
        Tab("/campaigns", "Campaigns", True),
        Tab("/compare", "Compare", False),
        Tab("/sites", "Sites", False),
    ]
    assert [tab.words for tab in reader.campaign("c") if tab.current] == ["Recipients"]
    assert not {"Edit", "Template"} & {tab.words for tab in reader.campaign("c")}
    assert Frame("anna", BOTH, routes=frozenset({"/campaigns"})).campaign("c") == []
    assert Frame().main == []


def test_the_overview_is_current_on_its_own_page_alone() -> None:
    for place in CAMPAIGN:
        frame = Frame("anna", BOTH, routes=ALL, route=place.path)
        assert [tab.words for tab in frame.campaign("c") if tab.current] == [place.words]


def test_an_id_cannot_leave_its_place_in_a_url() -> None:
    frame = Frame("anna", BOTH, routes=ALL)
    assert frame.campaign("../a?b#c")[0].url == "/campaigns/..%2Fa%3Fb%23c"


def test_all_text_is_escaped() -> None:
    frame = Frame(HOSTILE, BOTH, csrf=HOSTILE, routes=ALL, notices=(HOSTILE,), live=HOSTILE)
    shown = render("error.html", frame, title=HOSTILE, problem=HOSTILE, remedy=HOSTILE)
    assert "<script>alert" not in shown
    assert shown.count("&lt;script&gt;") >= 6


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="remedy"):
        render("error.html", Frame(), title="x", problem="")


def test_a_page_has_no_script_and_no_style_inside() -> None:
    shown = render("sign_in.html", Frame(), title="Sign in", next="", problem="")
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", shown)


def test_the_name_of_a_file_changes_with_its_content() -> None:
    first, second = named("a.css", b"1"), named("a.css", b"2")
    assert re.fullmatch(r"a-[0-9a-f]{12}\.css", first.name)
    assert first.name != second.name
    assert static_url("mailpixel.css") == f"/static/{static_files()['mailpixel.css'].name}"
    assert static_files()["mailpixel.css"].name in served()
