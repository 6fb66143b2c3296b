"""Where a browser really goes: 677 spellings of a destination, most of them tricks, each judged by Chromium itself.

`tests/data/destinations.jsonl`: `location` is where our redirect leads, null for a refusal; `chromium` is how Chromium
reads the spelling, null for no URL. The rows hold what version 156 said in November 2026.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Error, Page, sync_playwright

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.errors import InvalidInput
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.destination import check_destination
from mailpixel.links.token import TokenSigner
from tests.support.chromium import FLAGS, chromium
from tests.support.service import Service, rows
from tests.support.sink import a_sink

CASES = [json.loads(line) for line in Path("tests/data/destinations.jsonl").read_text().splitlines()]
ACCEPTED = [case["location"] for case in CASES if case["location"] is not None]
DISTINCT = list({urlsplit(location)[:2]: location for location in ACCEPTED}.values())
"""One of each scheme and host."""
TRACKER = "tracker.test"
READ = """text => JSON.parse(text).map(url => {
    try { return new URL(url, 'https://tracker.test/c/x').href } catch { return null }
})"""
NOWHERE = (
    "ERR_UNSAFE_PORT",
    "ERR_ADDRESS_INVALID",
    "ERR_NAME_NOT_RESOLVED",
    "ERR_INVALID_URL",
    "ERR_UNEXPECTED",
)
"""What Chromium says where it refuses to go at all: a port of another protocol, no host's address, a name too long."""


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("destinations") / "data"
    rows(
        data,
        "campaign",
        "add",
        "c1",
        "--name",
        "One",
        "--link",
        "https://shop.example/",
        "--passthrough",
        "u",
    )
    with Service(data) as service:
        yield service


@pytest.fixture(scope="module")
def signer(tracker: Service) -> TokenSigner:
    return TokenSigner(load_keyring(tracker.data / "keys.json"))


@pytest.fixture(scope="module")
def page(tracker: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a browser for which every name and address of the world is one server, except for the tracker."""
    with a_sink(tmp_path_factory.mktemp("sink")) as port, sync_playwright() as playwright:
        rules = f"MAP {TRACKER} 127.0.0.1:{tracker.port},MAP * 127.0.0.1:{port}"
        flags = [*FLAGS, f"--host-resolver-rules={rules}", "--ignore-certificate-errors",
                 "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable"]  # fmt: skip
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield browser.new_context(ignore_https_errors=True).new_page()
        browser.close()


def location_of(url: str) -> str | None:
    try:
        return check_destination(url)
    except InvalidInput:
        return None


def test_what_is_accepted_is_read_by_chromium_as_we_read_it(page: Page) -> None:
    assert len(CASES) >= 300
    assert [location_of(case["url"]) for case in CASES] == [case["location"] for case in CASES]
    assert page.evaluate(READ, json.dumps(ACCEPTED)) == ACCEPTED
    read = page.evaluate(READ, json.dumps([case["url"] for case in CASES]))
    assert read == [case["chromium"] for case in CASES]
    elsewhere = [
        (case, found)
        for case, found in zip(CASES, read, strict=True)
        if case["location"] is not None and found not in (case["location"], None)
    ]
    assert elsewhere == []


def reached(page: Page, url: str) -> tuple[str, str] | None:
    """The scheme and the host that a navigation ends at; None where the browser refuses to go."""
    try:
        answer = page.goto(url, wait_until="commit")
    except Error as error:
        if not any(each in error.message for each in NOWHERE):
            raise
        return None
    assert answer is not None
    scheme, host = answer.json()
    return scheme, host


def test_a_click_leads_to_the_very_host_that_its_destination_names(page: Page, signer: TokenSigner) -> None:
    """Or to the same host by https: Chromium knows hosts that it never asks by http."""
    wrong: list[Any] = []
    went = 0
    for number, location in enumerate(DISTINCT):
        token = signer.sign(Claims(TokenKind.CLICK, "c1", f"r-{number}", destination=location))
        found = reached(page, f"http://{TRACKER}/c/{token}")
        if found is None:
            page = (
                page.context.new_page()
            )  # the page of the error comes late, and would end the next navigation
        said = urlsplit(location)
        if found is not None and found not in ((said.scheme, said.netloc), ("https", said.netloc)):
            wrong.append((location, found))
        went += found is not None
    assert wrong == []
    assert went > len(DISTINCT) * 0.9


def test_no_spelling_of_a_path_or_a_query_leads_anywhere_else(tracker: Service, signer: TokenSigner) -> None:
    """As a path, behind a good link, as a value that is passed on, and as the page to go to after signing in."""
    token = signer.sign(Claims(TokenKind.MESSAGE, "c1", "r-1"))
    wrong = []
    with closing(HTTPConnection("127.0.0.1", tracker.port)) as asked:
        for case in CASES:
            whole = quote(case["url"], safe="")
            plain = quote(case["url"], safe="/:\\?#@[]%;&=.,!$'()*+|^{}\"`<>~")
            for path in (
                f"/{plain}",
                plain,
                f"/c/{token}/1{plain}",
                f"/c/{token}/1?u={whole}",
                f"/?next={whole}",
            ):  # fmt: skip
                answer = asked_for(asked, path if path.startswith("/") else f"/{path}")
                if answer is not None and not is_ours(answer):
                    wrong.append((path, answer))
    assert wrong == []


def asked_for(connection: HTTPConnection, path: str) -> str | None:
    """The Location of an answer; None without one."""
    connection.putrequest("GET", path.replace(" ", "%20"), skip_host=True)
    connection.putheader("Host", TRACKER)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    assert answer.status < 500
    return answer.getheader("location")


def is_ours(location: str) -> bool:
    """Whether it leads to the registered link, or to a page of the tracker that cannot be read as a host."""
    own = location.startswith("/") and location[1:2] not in ("/", "\\")
    return own or location.startswith(("https://shop.example/", f"http://{TRACKER}/"))
