"""The pages of webhooks: add one and see its secret once, test it at a hostile receiver, change, replay, remove it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from mailpixel.store.webhooks import Letter
from tests.browser.views import Check
from tests.support.receiver import Receiver, a_receiver
from tests.support.service import Service, rows
from tests.support.stores import open_settled

HOSTILE = (
    '</code></pre><script>alert(1)</script><img src="https://evil.example/x.png" onerror="alert(2)">'
    "‮ " + "long" * 200
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that may post to this machine."""
    data = tmp_path_factory.mktemp("browser") / "data"
    rows(data, "campaign", "add", "spring", "--name", "Spring sale", "--sent", "100")
    with Service(data, environment={"MAILPIXEL_WEBHOOK_NETWORKS": "127.0.0.0/8"}) as running:
        yield running


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with a_receiver(lambda post: (418, {"content-type": "text/html"}, HOSTILE.encode())) as made:
        yield made


def test_a_webhook_from_its_first_form_to_its_removal(
    signed_in: Page, service: Service, receiver: Receiver, check: Check
) -> None:
    name, page = f"crm-{uuid4().hex[:8]}", signed_in
    page.goto("/settings/webhooks")
    check.in_every_view(page, "list")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_text("must begin with https://")).to_be_visible()
    check.in_every_view(page, "faulty")
    page.get_by_label("Allow http, for tests").check()
    page.get_by_label("bounced").uncheck()
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    check.in_every_view(page, "added")

    page.get_by_role("button", name="Post a test").click()
    expect(page.get_by_text("Refused: 418 after")).to_be_visible()
    expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible()
    expect(page.get_by_text("whsec_")).to_have_count(0)
    check.in_every_view(page, "tested")

    refuse(service, name)
    page.goto(f"/settings/webhooks/{name}")
    check.in_every_view(page, "refused")
    page.get_by_role("button", name="Post all of them again").click()
    expect(page.get_by_text("2 events are posted again")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("stopped by hand")).to_be_visible()
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_text("Posts are also signed with the old secret until")).to_be_visible()
    page.get_by_label("Events in a post").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("must be a whole number from 1 to 100")).to_be_visible()
    check.in_every_view(page, "changed")
    page.get_by_label("Everything received since").fill("2026-11-27T10:00:00")
    page.get_by_role("button", name="Post again").click()
    expect(
        page.get_by_text("The webhook posts again what was received since 2026-11-27T10:00:00Z.")
    ).to_be_visible()
    page.goto("/settings/webhooks")
    check.in_every_view(page, "full")
    page.get_by_role("link", name=name).click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Tick the box to remove the webhook.")).to_be_visible()
    page.get_by_label("Remove this webhook").check()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text(f"The webhook {name} is removed.")).to_be_visible()


def refuse(service: Service, name: str) -> None:
    """Let the receiver have refused two events, one of them for good."""
    _, registry = open_settled(service.data / "mailpixel.db")
    far_ms = 4_000_000_000_000
    letters = [
        Letter(name, bytes([number] * 16), "spring", "r" * 200 * number, 3 * number, far_ms, 418, number == 2)
        for number in (1, 2)
    ]
    registry.put_letters(letters)
    registry.close()
