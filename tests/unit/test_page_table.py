"""The table of pages: every row can be reached, and none is open by mistake."""

from starlette.routing import compile_path

from mailpixel.pages.frame import CAMPAIGN, MAIN, SETTINGS
from mailpixel.server.web.routes import PAGES

OPEN = {"/", "/sign-in", "/sign-in/{link}", "/sign-out", "/s/{share}", "/s/{share}/stream", "/s/{share}.csv"}
"""Pages for people who are not signed in."""


def test_no_row_is_hidden_by_one_above_it() -> None:
    paths = list(dict.fromkeys(page.path for page in PAGES))
    patterns = {path: compile_path(path)[0] for path in paths}
    first = {path: next(each for each in paths if patterns[each].fullmatch(path)) for path in paths}
    assert first == {path: path for path in paths}


def test_a_method_of_a_path_has_one_row() -> None:
    rows = [(page.method, page.path) for page in PAGES]
    assert len(rows) == len(set(rows))


def test_all_pages_but_these_need_a_sign_in() -> None:
    assert {page.path for page in PAGES if page.scope is None} <= OPEN


def test_the_navigation_asks_for_the_scope_of_the_page() -> None:
    scopes = {page.path: page.scope for page in PAGES if page.method == "GET"}
    places = [place for place in (*MAIN, *CAMPAIGN, *SETTINGS) if place.path in scopes]
    assert [scopes[place.path] for place in places] == [place.scope for place in places]
