"""Events and recipients as Parquet, NDJSON and CSV for Excel: the same rows over HTTP and from the command line."""

import io
import json
from codecs import BOM_UTF8
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.report.export import columns
from mailpixel.report.recipients import COLUMNS
from tests.support.api import Api, lines
from tests.support.builders import a_campaign, a_click, a_delivery, an_open

PARQUET = "application/vnd.apache.parquet"
WORD = pa.dictionary(pa.int32(), pa.string())
MOMENT = pa.timestamp("ms", tz="UTC")


@pytest.fixture
def campaign(api: Api) -> Api:
    api.registry.add_campaign(a_campaign(links=2, sent=10))
    api.store.append([a_delivery(1), an_open(60), a_click(90), a_delivery(2, recipient="r-2")])
    api.fold()
    return api


def table_of(api: Api, path: str) -> Any:
    answer = api.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, PARQUET)
    return pq.read_table(io.BytesIO(answer.content))


def test_events_as_parquet_have_types_and_are_the_rows_of_the_csv(campaign: Api) -> None:
    table = table_of(campaign, "/api/campaigns/spring/events?format=parquet")
    assert tuple(table.schema.names) == columns(addresses=False)
    assert {
        name: table.schema.field(name).type for name in ("id", "received_at", "verdict", "link", "dup")
    } == {
        "id": pa.binary(16),
        "received_at": MOMENT,
        "verdict": WORD,
        "link": pa.int32(),
        "dup": pa.bool_(),
    }
    told = lines(campaign.get("/api/campaigns/spring/events"))
    found = table.to_pylist()
    assert [row["id"].hex() for row in found] == [row["id"] for row in told]
    assert [row["received_at"].timestamp() for row in found] == [
        datetime.fromisoformat(row["received_at"]).timestamp() for row in told
    ]
    plain = set(columns(addresses=False)) - {"id", "received_at"}
    assert [{name: row[name] for name in plain} for row in found] == [
        {name: row[name] for name in plain} for row in told
    ]


def test_addresses_are_in_parquet_only_on_request(campaign: Api) -> None:
    table = table_of(campaign, "/api/campaigns/spring/events?format=parquet&addresses=true")
    assert tuple(table.schema.names) == columns(addresses=True)


def test_recipients_as_parquet_have_types(campaign: Api) -> None:
    table = table_of(campaign, "/api/campaigns/spring/recipients?format=parquet")
    assert tuple(table.schema.names) == COLUMNS
    assert table.schema.field("standing").type == WORD
    rows = table.select(["recipient", "standing", "opens_human", "delivered_at"]).to_pylist()
    assert [(row["recipient"], row["standing"], row["opens_human"]) for row in rows] == [
        ("r-1", "clicked", 1),
        ("r-2", "nothing", 0),
    ]
    assert rows[0]["delivered_at"] == datetime(2026, 9, 21, 14, 13, 21, tzinfo=UTC)


def test_a_part_of_the_recipients_names_its_file(campaign: Api) -> None:
    answer = campaign.get("/api/campaigns/spring/recipients?format=ndjson&standing=clicked&link=1")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="spring-recipients-clicked-link-1.ndjson"'
    )
    assert [row["recipient"] for row in lines(answer)] == ["r-1"]


def test_a_campaign_without_events_is_an_empty_table(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    assert table_of(api, "/api/campaigns/spring/events?format=parquet").num_rows == 0
    assert table_of(api, "/api/campaigns/spring/recipients?format=parquet").num_rows == 0


def test_a_csv_for_excel_starts_with_a_byte_order_mark(campaign: Api) -> None:
    path = "/api/campaigns/spring/events?format=csv"
    assert campaign.get(f"{path}&bom=true").content == BOM_UTF8 + campaign.get(path).content
    assert campaign.error("GET", "/api/campaigns/spring/events?bom=true") == (422, "invalid_input", "bom")


def test_an_export_leaves_nothing_in_the_data_folder(campaign: Api) -> None:
    before = sorted(path.name for path in campaign.settings.data.iterdir())
    table_of(campaign, "/api/campaigns/spring/events?format=parquet")
    assert sorted(path.name for path in campaign.settings.data.iterdir()) == before


@pytest.mark.parametrize("command", ["events", "recipients"])
def test_the_command_line_writes_the_same_parquet(campaign: Api, command: str, tmp_path: Path) -> None:
    arguments = ["--data", str(campaign.settings.data), command, "spring", "--format", "parquet"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0
    told = table_of(campaign, f"/api/campaigns/spring/{command}?format=parquet")
    assert pq.read_table(io.BytesIO(done.stdout_bytes)).equals(told)


def test_parquet_has_no_local_times(campaign: Api) -> None:
    arguments = ["--data", str(campaign.settings.data), "events", "spring", "--format", "parquet"]
    done = CliRunner().invoke(cli, [*arguments, "--time-zone", "Europe/Berlin"])
    assert (done.exit_code, done.stderr) == (
        2,
        "error: --time-zone: is not for Parquet, which holds moments in UTC; leave it out\n",
    )


def test_a_failing_disk_is_a_status_and_no_half_file(campaign: Api) -> None:
    folder = campaign.settings.data
    away = folder.with_name("away")
    path = "/api/campaigns/spring/events?format=parquet"
    campaign.get(path)  # its connection to the database is open
    folder.rename(away)
    try:
        answer = campaign.get(path)
    finally:
        away.rename(folder)
    assert (answer.status_code, json.loads(answer.content)["error"]["code"]) == (503, "unavailable")
