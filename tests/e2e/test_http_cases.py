"""Labelled requests, as mail programs, browsers and proxies send them: what each is answered and what is logged of it.

A line is {"id", "input": {"env", "method", "path", "headers"}, "expect": {"status", "address", "prefetch"}};
`<pixel_url>`, `<link_1>` and `<token>` are those of a recipient of the case's own.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.classify.origins import NOWHERE
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Event, Facts
from mailpixel.privacy.tags import tag_of
from mailpixel.store.store import Store
from mailpixel.times import DAY_MS
from tests.support.service import Service, rows
from tests.support.stores import open_settled

FILES = (
    Path(__file__).parent.parent / "data" / "http_cases.jsonl",
    Path(__file__).parent.parent / "data" / "more_http_cases.jsonl",
)
CASES = [json.loads(line) for file in FILES for line in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that believes what this machine says of others' addresses."""
    data = tmp_path_factory.mktemp("cases") / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/spring")
    with Service(data, environment={"MAILPIXEL_TRUSTED_PROXIES": "127.0.0.1"}) as running:
        yield running


def signed(data: Path, recipient: str) -> dict[str, str]:
    """The paths of a recipient."""
    signer = TokenSigner(load_keyring(data / "keys.json"))
    return {
        "pixel_url": f"/o/{signer.sign(Claims(TokenKind.OPEN, 'c1', recipient))}.gif",
        "link_1": f"/c/{signer.sign(Claims(TokenKind.CLICK, 'c1', recipient, link=1))}",
        "token": signer.sign(Claims(TokenKind.MESSAGE, "c1", recipient)),
    }


def tag_for(store: Store, event: Event, address: str) -> bytes:
    """The tag of a hit if it came from this address."""
    if not address:
        return NOWHERE
    salt = store.salts()[event.received_at_ms // DAY_MS]
    return tag_of(salt, event.campaign, event.recipient, address)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_request_is_answered_and_logged_as_labelled(behind_a_proxy: Service, case: dict[str, Any]) -> None:
    recipient = f"r-{case['id']}"
    paths = signed(behind_a_proxy.data, recipient)
    asked, expected = case["input"], case["expect"]
    path = re.sub(r"<(\w+)>", lambda field: paths[field[1]], asked["path"]).split()[0]
    status, headers, body = behind_a_proxy.get(path, asked["method"], asked.get("headers"))
    assert status == expected.get("status", status)
    store, _ = open_settled(behind_a_proxy.data / "mailpixel.db")
    events = store.message("c1", recipient).events
    if "address" in expected:
        assert [(event.address, event.tag) for event in events] == [
            ("", tag_for(store, event, expected["address"])) for event in events[:1]
        ]
    if "prefetch" in expected:
        assert [Facts.PREFETCH in event.facts for event in events] == [expected["prefetch"]]
    if status == 503:
        assert (headers["cache-control"].split(",")[0], body) == ("no-store", b"")
    assert ("location" in headers) == (status == 302)
