"""Who may do what: every row of the tables of the API and of the pages, with every key and every person.

A row that is added is tried without a change here. What needs which scope is stated in words of its own: a row that
gives more than these words allow fails.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpixel.server.api.endpoint import Endpoint
from mailpixel.server.api.routes import ENDPOINTS
from mailpixel.server.web.page import WebPage
from mailpixel.server.web.routes import PAGES
from tests.support.api import Api, an_api, an_app
from tests.support.pages import Person, a_person
from tests.support.service import rows

MAY = {
    "read": {"read"},
    "write": {"read", "write", "record"},
    "privacy": {"read", "privacy", "record"},
}
"""What a key or a person of each scope may do: who sets up campaigns cannot erase everybody, and the reverse."""
OF_PEOPLE = ("/api/people", "/api/erasures", "/api/consents", "/people")
CHANGES_NOTHING = {("POST", "/api/sites/{id}/check")}
KEYLESS = {"/api/openapi.json", "/healthz", "/readyz", "/metrics"}
FOR_ALL = ("/sign-in", "/sign-out", "/s/")
"""Pages that ask for a key or hold one in their path, as `/` does."""
TRIES_A_MINUTE = 60
"""So many wrong keys of one address are looked at in the API."""


def filled(path: str) -> str:
    """A path of things that are not there."""
    return re.sub(r"\{(\w+)(:path)?\}", "none", path)


def named(row: Endpoint | WebPage) -> str:
    return f"{row.method} {row.path}"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with an_api(tmp_path_factory.mktemp("access")) as api:
        yield api


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_an_endpoint_answers_those_with_its_scope_and_nobody_else(api: Api, endpoint: Endpoint) -> None:
    if endpoint.scope is None:
        assert endpoint.path in KEYLESS
        return
    path = filled(endpoint.path)
    refused = {
        key: api.ask(endpoint.method, path, key).status_code
        for key in (None, *MAY)
        if key is None or endpoint.scope not in MAY[key]
    }
    assert refused == dict.fromkeys(refused, 403) | {None: 401}
    for key in MAY.keys() - refused.keys():
        assert api.ask(endpoint.method, path, key).status_code not in (401, 403), key


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_what_changes_something_or_shows_a_person_needs_more_than_read(endpoint: Endpoint) -> None:
    assert endpoint.path.startswith(OF_PEOPLE) == (endpoint.scope == "privacy")
    if endpoint.method != "GET" and (endpoint.method, endpoint.path) not in CHANGES_NOTHING:
        assert endpoint.scope in ("write", "privacy")
    assert not endpoint.sessions or endpoint.method == "GET"  # a browser sends its cookie along with anything


@pytest.mark.parametrize("scope", ["", *MAY])
def test_a_page_shows_itself_to_those_with_its_scope_and_to_nobody_else(tmp_path: Path, scope: str) -> None:
    with a_person(tmp_path / "data", scope) as person:
        wrong = [
            row
            for row in PAGES
            if row.path != "/" and not row.path.startswith(FOR_ALL) and not is_right(person, row, scope)
        ]
        assert wrong == []
        keyed = [row for row in ENDPOINTS if row.scope and not row.sessions]
        let_in = [
            row for row in keyed if person.client.request(row.method, filled(row.path)).status_code != 401
        ]
        assert let_in == []  # the cookie is for pages alone


def is_right(person: Person, row: WebPage, scope: str) -> bool:
    answer = person.client.request(row.method, filled(row.path), follow_redirects=False)
    if not scope:
        return answer.status_code == 303 and answer.headers["location"].startswith("/")
    assert row.scope is not None, row.path
    return (answer.status_code == 403) == (row.scope not in MAY[scope])


@pytest.mark.parametrize("site", ["same-origin", "same-site", "cross-site"])
@pytest.mark.parametrize("scope", ["write", "privacy"])
def test_no_form_of_any_page_works_without_the_hidden_field_of_this_session(
    tmp_path: Path, scope: str, site: str
) -> None:
    with a_person(tmp_path / "data", scope) as person:
        for row in PAGES:
            if row.method == "POST" and (row.scope is None or row.scope in MAY[scope]):
                answer = person.client.post(
                    filled(row.path), data={"csrf": "0" * 64, "name": "x"}, follow_redirects=False,
                    headers={"sec-fetch-site": site, "origin": "https://evil.example"},
                )  # fmt: skip
                assert (answer.status_code, answer.headers["location"]) == (303, "/"), row.path
        assert person.get("/campaigns").status_code == 200  # not even signed out


def test_who_guesses_keys_is_refused_after_a_while_and_harms_nobody_with_a_good_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    rows(data, "campaign", "add", "c1", "--name", "One")
    good = re.findall(r"mp_[\w-]+", rows(data, "apikey", "add", "reader", "--scope", "read"))[0]
    with an_app(data, trusted_proxies=("127.0.0.0/8",)) as client:

        def guess(key: str, address: str) -> int:
            headers = {"x-forwarded-for": address, "authorization": f"Bearer {key}"}
            return client.get("/api/campaigns", headers=headers).status_code

        guesses = [guess(f"mp_{number}", "198.51.100.1") for number in range(TRIES_A_MINUTE + 5)]
        assert guesses == [401] * TRIES_A_MINUTE + [429] * 5
        assert guess(good, "198.51.100.1") == 200  # a neighbour behind the same address
        assert guess("mp_other", "198.51.100.2") == 401
        assert [guess("mp_other", f"2001:db8::{number:x}") for number in range(TRIES_A_MINUTE + 1)][-1] == 429
        assert guess(good, "2001:db8::1") == 200
        shown = client.get("/metrics", headers={"authorization": f"Bearer {good}"}).text
        assert 'mailpixel_api_keys_refused_total{reason="too_many"} 6.0' in shown
