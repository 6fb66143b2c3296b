"""Hits on the one address that everybody has: answered as any other, counted, and in no file by name."""

from pathlib import Path

from starlette.testclient import TestClient

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign, Link
from mailpixel.modes import Mode, Modes
from mailpixel.server.app import create_app
from tests.support.api import Api, an_api
from tests.support.builders import BROWSER, at_ms

SHOP = "https://shop.example/a"
AGENT = BROWSER.replace("151.0.0.0", "151.9.8.7")


def paths(api: Api, recipient: str | None) -> tuple[str, str]:
    """The first link and the pixel, by the token of the campaign or of a recipient.

    Whoever follows a link that is not known yet waits until it is; from then on its campaign is known as well.
    """
    signer = TokenSigner(load_keyring(api.settings.key_file))
    kind = TokenKind.CAMPAIGN if recipient is None else TokenKind.MESSAGE
    token = signer.sign(Claims(kind, "spring", recipient or ""))
    return f"/c/{token}/1", f"/o/{token}.gif"


def test_views_are_counted_by_the_end_at_the_latest_and_nothing_of_the_request_is_in_a_file(
    tmp_path: Path,
) -> None:
    with an_api(tmp_path, mode="aggregate") as api:
        api.registry.add_campaign(Campaign("spring", "Spring", sent=100, links=(Link(1, SHOP),)))
        answers = [
            api.client.get(path, headers={"user-agent": AGENT}, follow_redirects=False)
            for recipient in (None, "person-4711")
            for path in paths(api, recipient)
        ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [302, 200, 302, 200]
    assert [dict(answer.headers) for answer in answers[:2]] == [
        dict(answer.headers) for answer in answers[2:]
    ]
    totals = api.store.figures("spring", at_ms(0), 0).totals
    assert (totals["opens.aggregate_events"], totals["clicks.aggregate_events"]) == (2, 2)
    assert list(api.store.messages("spring")) == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for said in (b"person-4711", AGENT.encode(), b"testclient"):
        assert [path.name for path in files if said in path.read_bytes()] == []


def test_the_day_of_the_last_open_is_kept_and_shown_to_the_person_until_the_erasure(tmp_path: Path) -> None:
    modes = Modes(Mode.DELIVERABILITY, Mode.AGGREGATE)
    with an_api(tmp_path, mode=modes.text) as api:
        api.registry.add_campaign(Campaign("spring", "Spring", sent=100, links=(Link(1, SHOP),)))
        for path in paths(api, "r-1"):
            api.client.get(path, headers={"user-agent": AGENT}, follow_redirects=False)
    with TestClient(create_app(api.settings)) as fresh:
        later = Api(fresh, api.store, api.registry, api.settings)
        person = later.ask("GET", "/api/people/r-1", "privacy").json()
        assert (person["events"], [list(row) for row in person["last_opens"]]) == ([], [["day"]])
        later.store.erase("r-1", at_ms(10_000_000))
        assert later.store.last_open("r-1") is None
