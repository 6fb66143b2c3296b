"""Deliveries, bounces and complaints of recipients of whom nothing else is kept: counted, never stored."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from mailpixel.cli import cli
from mailpixel.model import Campaign
from mailpixel.server.app import create_app
from mailpixel.store.log import MessageReader
from tests.support.api import NDJSON, Api, an_api, lines
from tests.support.builders import SENT_AT, at_ms

PATH = "/api/campaigns/spring/deliveries"


@pytest.fixture
def aggregate(tmp_path: Path) -> Iterator[Api]:
    """The running app of an operator who keeps no recipients but the seed."""
    with an_api(tmp_path, mode="aggregate", seeds=("seed-1",)) as api:
        api.registry.add_campaign(Campaign("spring", "Spring", sent_at=SENT_AT, sent=100))
        yield api


def row(recipient: str, event_type: str = "delivered", second: float = 1) -> bytes:
    said = {"recipient": recipient, "delivered_at": at_ms(second), "event_type": event_type}
    return json.dumps(said).encode() + b"\n"


def stored(store: MessageReader) -> list[str]:
    return [message.recipient for message in store.messages("spring")]


def recipients(api: Api) -> Mapping[str, object]:
    found = api.get("/api/campaigns/spring/summary").json()["recipients"]
    return {name: found[name] for name in ("delivered", "bounced", "complained", "tracked")}


def test_over_the_api_they_are_accepted_and_counted_once_and_only_a_seed_is_logged(aggregate: Api) -> None:
    body = row("p-1") + row("p-2") + row("p-3", "bounced") + row("p-2", "complained") + row("seed-1")
    for _ in range(2):
        answer = aggregate.ask("POST", PATH, content=body, headers=NDJSON)
        assert lines(answer)[-1] == {"accepted": 5, "opted_out": 0, "failed": 0}
    one = {"recipient": "p-4", "delivered_at": at_ms(3)}
    assert aggregate.ask("POST", PATH, json=one).json() == {"accepted": 1, "opted_out": 0, "failed": 0}
    assert stored(aggregate.store) == ["seed-1"]
    assert recipients(aggregate) == {"delivered": 3, "bounced": 1, "complained": 1, "tracked": 0}
    database = aggregate.settings.database
    files = [path for path in database.parent.iterdir() if path.name.startswith(database.name)]
    assert not any(b"p-1" in path.read_bytes() or b"p-4" in path.read_bytes() for path in files)


def test_whoever_opted_out_is_counted_in_every_mode_and_not_logged(api: Api) -> None:
    api.registry.add_campaign(Campaign("spring", "Spring", sent_at=SENT_AT, sent=100))
    api.registry.opt_out("out", SENT_AT)
    with TestClient(create_app(api.settings)) as fresh:
        later = Api(fresh, api.store, api.registry, api.settings)
        answer = later.ask("POST", PATH, content=row("out") + row("in"), headers=NDJSON)
        assert lines(answer) == [{"row": 1, "opted_out": True}, {"accepted": 1, "opted_out": 1, "failed": 0}]
        later.fold()
        assert stored(later.store) == ["in"]
        assert recipients(later) == {"delivered": 2, "bounced": 0, "complained": 0, "tracked": 1}


def test_an_import_counts_them_as_the_api_does(aggregate: Api, tmp_path: Path) -> None:
    rows = "recipient,delivered_at,event_type\n" + "".join(
        f"{recipient},2026-09-21T14:13:21Z,{kind}\n"
        for recipient, kind in (("p-1", "delivered"), ("p-2", "bounced"), ("seed-1", "delivered"))
    )
    file = tmp_path / "deliveries.csv"
    file.write_text(rows)
    environment = {"MAILPIXEL_MODE": "aggregate", "MAILPIXEL_SEEDS": "seed-1"}
    for _ in range(2):
        done = CliRunner().invoke(
            cli,
            ["--data", str(aggregate.settings.data), "deliveries", "spring", "--import", str(file)],
            env=environment,
        )
        assert json.loads(done.stdout) == {"accepted": 3, "opted_out": 0, "failed": 0}, done.stderr
    assert stored(aggregate.store) == ["seed-1"]
    assert recipients(aggregate)["bounced"] == 1
