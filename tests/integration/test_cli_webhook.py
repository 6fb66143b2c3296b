"""`mailpixel webhook` as a person runs it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from standardwebhooks import Webhook as Oracle

from mailpixel.cli import cli
from mailpixel.outbound.checks import EVENTS
from mailpixel.store.sqlite import open_sqlite
from mailpixel.store.webhooks import Letter, Posting, PostOutcome, Webhook, WebhookState
from tests.support.receiver import a_receiver

SETTINGS = {"MAILPIXEL_WEBHOOK_NETWORKS": "127.0.0.0/8"}
URL = "https://crm.example/in"
EVENT = bytes(range(16))


class Shell:
    """Runs `mailpixel webhook`: (exit code, stdout, stderr)."""

    def __init__(self, data: Path) -> None:
        self.data = data
        CliRunner().invoke(cli, ["--data", str(data), "campaign", "add", "spring", "--name", "Spring"])
        self.registry = open_sqlite(data / "mailpixel.db")[1]

    def __call__(self, *words: str, settings: Mapping[str, str] = SETTINGS) -> tuple[int, str, str]:
        done = CliRunner().invoke(cli, ["--data", str(self.data), "webhook", *words], env=settings)
        return done.exit_code, done.stdout, done.stderr

    @property
    def crm(self) -> Webhook:
        return self.registry.webhook("crm")


@pytest.fixture
def webhook(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_receiver_is_added_listed_and_shown(webhook: Shell) -> None:
    code, secret, said = webhook("add", "crm", URL, "--events", "clicked, opened", "--campaign", "spring")
    assert (code, secret[:6], "not shown again" in said) == (0, "whsec_", True)
    crm = webhook.crm
    assert (crm.url, crm.events, crm.campaigns, crm.verdicts, crm.batch, crm.insecure) == (
        URL,
        ("opened", "clicked"),
        ("spring",),
        "human",
        1,
        False,
    )
    done = Posting(last_outcome=PostOutcome.UNAVAILABLE, last_status=503, last_took_ms=7, last_at_ms=0)
    webhook.registry.note_posting("crm", done)
    listed = webhook("list")[1].splitlines()
    assert listed[1].split() == [
        *("crm", URL, "opened,", "clicked", "running", "0", "0", "0"),
        *("503", "after", "7", "ms", "at", "1970-01-01T00:00:00Z"),
    ]
    lines = [line.split(maxsplit=1) for line in webhook("show", "crm")[1].splitlines()]
    shown = {line[0]: line[1].strip() for line in lines if len(line) == 2}
    assert (shown["url"], shown["last_status"]) == (URL, "503")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("c r m", URL), "name: must have 1 to 64 letters"),
        (("crm", "http://crm.example/"), "URL: must begin with https://"),
        (("crm", "https://127.1/"), "URL: is a private address"),
        (("crm", URL, "--events", "read"), "'read' is not a type of event"),
        (("crm", URL, "--campaign", "a b"), "campaigns: "),
    ],
)
def test_what_cannot_be_a_receiver_is_refused(webhook: Shell, words: tuple[str, ...], problem: str) -> None:
    code, out, said = webhook("add", *words, settings={})
    assert (code, out, problem in said) == (2, "", True), said


def test_a_receiver_is_edited_and_the_rest_stays(webhook: Shell) -> None:
    webhook("add", "crm", URL, "--events", "opened", "--campaign", "spring")
    secret = webhook.crm.secret
    for words, found in (
        (("--batch", "50"), {"batch": 50, "events": ("opened",)}),
        (("--events", "all"), {"batch": 50, "events": EVENTS}),
        (("--verdicts", "all"), {"verdicts": "all", "campaigns": ("spring",)}),
        (("--all-campaigns",), {"campaigns": (), "url": URL}),
        (("--url", "http://crm.example/", "--insecure"), {"url": "http://crm.example/", "insecure": True}),
        (("--url", URL, "--secure"), {"url": URL, "insecure": False, "secret": secret}),
    ):
        assert webhook("edit", "crm", *words)[0] == 0
        assert {name: getattr(webhook.crm, name) for name in found} == found
    assert "say what to change" in webhook("edit", "crm")[2]
    assert "contradicts" in webhook("edit", "crm", "--all-campaigns", "--campaign", "spring")[2]
    assert "there is no webhook 'other'" in webhook("edit", "other", "--batch", "2")[2]


def test_a_test_prints_the_answer_and_fails_unless_it_was_accepted(webhook: Shell) -> None:
    with a_receiver(lambda post: (200, {}, b"hello \x1b[31m")) as receiver:
        secret = webhook("add", "crm", receiver.url, "--insecure")[1].strip()
        code, out, _ = webhook("test", "crm")
        assert (code, out.partition(" after ")[0], out.splitlines()[1]) == (
            0,
            "accepted: answered 200",
            "hello  [31m",
        )
        (post,) = receiver.posts
        assert Oracle(secret).verify(post.body, dict(post.headers))["type"] == "test"
        receiver.answer = lambda post: 500
        code, out, _ = webhook("test", "crm")
        assert (code, out.partition(" after ")[0]) == (1, "unavailable: answered 500")
    code, out, _ = webhook("test", "crm")
    assert (code, out.partition(" after ")[0]) == (1, "unreachable: no connection to the receiver")
    code, _, said = webhook("test", "crm", settings={})
    assert (code, "is a private address" in said) == (2, True)


def test_a_secret_is_rotated_and_the_old_one_signs_for_a_while(webhook: Shell) -> None:
    old = webhook("add", "crm", URL)[1]
    before = webhook.crm.secret
    code, new, said = webhook("rotate", "crm", "--hours", "2")
    assert (code, new[:6], new != old, "not shown again" in said) == (0, "whsec_", True, True)
    assert webhook.crm.old_secret == before
    assert webhook.crm.old_until_ms is not None


def test_letters_are_listed_and_tried_again(webhook: Shell) -> None:
    webhook("add", "crm", URL)
    waiting = Letter("crm", EVENT, "spring", "r-1", 2, 1_000, 400)
    dead = Letter("crm", EVENT[::-1], "spring", "r-2", 6, 1_000, None, dead=True)
    webhook.registry.put_letters([waiting, dead])
    rows = [line.split() for line in webhook("letters", "crm")[1].splitlines()[1:]]
    assert rows == [
        [EVENT.hex(), "spring", "r-1", "2", "400", "1970-01-01T00:00:01Z"],
        [EVENT[::-1].hex(), "spring", "r-2", "6", "none:", "given", "up"],
    ]
    assert webhook("retry", "crm", EVENT[::-1].hex())[2].startswith("1 event(s)")
    assert webhook("retry", "crm")[2].startswith("2 event(s)")
    assert "has no refused event with this id" in webhook("retry", "crm", "00" * 16)[2]
    assert "must be the id of an event" in webhook("retry", "crm", "none")[2]


def test_a_receiver_begins_again_stops_starts_and_is_removed(webhook: Shell) -> None:
    webhook("add", "crm", URL)
    assert webhook("replay", "crm", "--since", "2026-11-27")[0] == 0
    assert "name a time" in webhook("replay", "crm")[2]
    webhook("stop", "crm")
    assert (webhook.crm.state, webhook.crm.stopped_because) == (WebhookState.STOPPED, "stopped by hand")
    assert "stopped: stopped by hand" in webhook("list")[1]
    webhook("start", "crm")
    assert (webhook.crm.state, webhook.crm.stopped_because) == (WebhookState.RUNNING, "")
    assert webhook("remove", "crm")[0] != 0, "nobody says yes"
    assert webhook("remove", "crm", "--yes")[0] == 0
    for verb in ("show", "test", "rotate", "letters", "retry", "stop", "start"):
        assert "there is no webhook 'crm'" in webhook(verb, "crm")[2]


def test_what_is_stored_of_a_person_includes_the_refused_events(webhook: Shell) -> None:
    webhook("add", "crm", URL)
    webhook.registry.put_letters([Letter("crm", EVENT, "spring", "r-1", 2, 1_000, 400)])
    done = CliRunner().invoke(cli, ["--data", str(webhook.data), "person", "export", "r-1"])
    assert json.loads(done.stdout) == {
        "about": "refused",
        "webhook": "crm",
        "event": EVENT.hex(),
        "campaign": "spring",
        "recipient": "r-1",
        "attempts": 2,
        "last_status": 400,
        "next_try": "1970-01-01T00:00:01Z",
    }
