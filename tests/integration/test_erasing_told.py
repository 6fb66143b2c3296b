"""Receivers of webhooks learn who was erased, if they asked for it, and everybody else learns nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Oracle

from mailpixel.erasing import erasing_in
from mailpixel.folder.opening import begin
from mailpixel.outbound.chosen import ERASED
from mailpixel.outbound.webhooks import NewWebhook, add_webhook
from mailpixel.privacy.erasure import Outcome, erase_people
from mailpixel.settings import Settings
from mailpixel.store.erasures import ErasureState
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.store.webhooks import WebhookState
from mailpixel.times import now_ms
from tests.support.builders import an_open
from tests.support.receiver import Receiver, a_receiver


@dataclass
class Folder:
    """A data folder whose webhooks may post to this machine."""

    settings: Settings
    store: SqliteStore
    registry: SqliteRegistry

    def add(self, url: str, name: str = "crm", events: tuple[str, ...] = (ERASED,), **new: object) -> str:
        """Add a webhook; its secret."""
        _, _, keyring = begin(self.settings)
        asked = NewWebhook(name, url, events, insecure=True, **new)  # type: ignore[arg-type]
        return add_webhook(self.store, self.registry, keyring, asked, now_ms())

    def erase(self, *people: str) -> Outcome:
        return erase_people(erasing_in(self.settings, self.store, self.registry), people)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    settings = Settings(data=tmp_path / "data", webhook_networks=("127.0.0.0/8",))
    store, registry, _ = begin(settings)
    yield Folder(settings, store, registry)
    store.close()
    registry.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as receiver:
        yield receiver


def test_a_receiver_that_asked_for_it_is_told_who_was_erased(folder: Folder, receiver: Receiver) -> None:
    secret = folder.add(receiver.url)
    done = folder.erase("r-1", "r-2")
    told = {post.json["data"]["recipient"]: post for post in receiver.posts}
    assert sorted(told) == ["r-1", "r-2"]
    post = told["r-1"]
    assert (post.json["type"], post.json["data"]["erasure"]) == ("person.erased", done.record.id)
    Oracle(secret).verify(post.body, dict(post.headers))
    assert len({post.id for post in receiver.posts}) == 2
    assert done.record.state is ErasureState.DONE


def test_many_people_are_told_in_batches(folder: Folder, receiver: Receiver) -> None:
    folder.add(receiver.url, batch=100)
    people = [f"member-{n}" for n in range(250)]
    folder.erase(*people)
    batches = [[each["data"]["recipient"] for each in post.json["data"]["events"]] for post in receiver.posts]
    assert sorted(map(len, batches)) == [50, 100, 100]
    assert sorted(each for batch in batches for each in batch) == sorted(people)


def test_who_did_not_ask_is_told_nothing(folder: Folder, receiver: Receiver) -> None:
    folder.add(receiver.url, events=())
    assert ERASED not in folder.registry.webhook("crm").events
    folder.erase("r-1")
    assert receiver.posts == []


def test_a_webhook_of_some_campaigns_learns_only_of_their_people(folder: Folder, receiver: Receiver) -> None:
    folder.store.append(
        [an_open(1, recipient="r-1", campaign="spring"), an_open(2, recipient="r-2", campaign="x")]
    )
    folder.add(receiver.url, campaigns=["spring"])
    folder.erase("r-1", "r-2", "r-3")
    assert [post.json["data"]["recipient"] for post in receiver.posts] == ["r-1"]


def test_a_receiver_that_does_not_take_it_is_named_and_holds_nothing_up(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    with a_receiver(lambda post: 500) as down:
        folder.add(down.url, "down")
        folder.add(down.url, "stopped")
        folder.registry.change_webhook("stopped", lambda each: replace(each, state=WebhookState.STOPPED))
        assert folder.erase("person-4711").record.state is ErasureState.DONE
    said = sorted(record.getMessage() for record in caplog.records)
    assert [
        f"webhook {name} did not take" in text for name, text in zip(("down", "stopped"), said, strict=True)
    ]
    assert "person-4711" not in json.dumps(said)
