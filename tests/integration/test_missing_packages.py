"""What the service answers while the package that the extras `webhooks` and `inbound` bring is not installed."""

import sys

import pytest

from tests.support.api import Api
from tests.support.web import Person

HOOK = {"name": "crm", "url": "https://crm.example/in"}
SOURCE = {"name": "esp", "esp": "anymail"}
FORM = HOOK | {"event": ["opened"], "verdicts": "human", "campaigns": "", "batch": "1"}
INSTALL = "webhooks and delivery reports need `pip install 'mailpixel[webhooks,inbound]'`"
ON_A_PAGE = INSTALL.replace("'", "&#39;")


@pytest.fixture
def hooked(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A service with a webhook that was added while the package was there."""
    assert api.ask("POST", "/api/webhooks", json=HOOK).status_code == 201
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    return api


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/webhooks", {"name": "other", "url": "https://crm.example/in"}),
        ("/api/webhooks/crm/rotate", {}),
        ("/api/webhooks/crm/test", None),
        ("/api/inbound", SOURCE),
    ],
)
def test_the_api_says_what_to_install(hooked: Api, path: str, body: object) -> None:
    answer = hooked.ask("POST", path, json=body) if body is not None else hooked.ask("POST", path)
    error = {"code": "not_installed", "message": INSTALL, "field": None}
    assert (answer.status_code, answer.json()) == (501, {"error": error})


def test_the_forms_say_what_to_install_and_lose_nothing(hooked: Api) -> None:
    person = Person(hooked)
    person.see("/settings/webhooks")
    page = person.send("/settings/webhooks", FORM | {"name": "other"})
    assert page.status_code == 200
    assert ON_A_PAGE in page.text
    assert 'value="other"' in page.text
    page = person.send("/settings/inbound", SOURCE)
    assert page.status_code == 200
    assert ON_A_PAGE in page.text


@pytest.mark.parametrize("what", ["rotate", "test"])
def test_the_page_of_a_webhook_says_what_to_install_in_a_notice(hooked: Api, what: str) -> None:
    person = Person(hooked)
    person.see("/settings/webhooks/crm")
    page = person.send(f"/settings/webhooks/crm/{what}", {})
    assert page.status_code == 200
    assert f'<p class="notice" role="status">{ON_A_PAGE}.</p>' in page.text


def test_posts_of_an_esp_come_again_later(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.ask("POST", "/api/inbound", json=SOURCE).status_code == 201
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    assert api.client.post("/in/esp", content=b"{}").status_code == 503
