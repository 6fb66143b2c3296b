"""Parquet of a large campaign by page and API: typed columns, every row, and memory that does not grow with the rows.

Started by hand: `scripts/soak -k exports_soak -s` prints the figures.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mailpixel.folder.opening import begin
from mailpixel.projections.fold import Fold
from mailpixel.settings import Settings
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.times import now_ms
from tests.benchmarks.bench_fold import an_event, trivial
from tests.support.builders import a_campaign
from tests.support.processes import forget_peak, peak_mib
from tests.support.service import Service, rows
from tests.support.signed_in import signed_in

SIZES = {"some": 100_000, "many": 1_000_000}
"""The recipients of each campaign. Each has one event."""
GROUP = 5_000
MOMENT = pa.timestamp("ms", tz="UTC")
WORD = pa.dictionary(pa.int32(), pa.string())
FILES = {
    "/campaigns/{}/download/events.parquet": {"id": pa.binary(16), "received_at": MOMENT, "link": pa.int32()},
    "/campaigns/{}/download/recipients.parquet": {"recipient": pa.string(), "opens_human": pa.int64()},
    "/api/campaigns/{}/events?format=parquet": {"verdict": WORD, "rule": WORD, "dup": pa.bool_()},
    "/api/campaigns/{}/recipients?format=parquet": {"first_human_open_at": MOMENT, "standing": WORD},
}
"""The types of some columns of each file."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a campaign of each size."""
    data = tmp_path_factory.mktemp("exports") / "data"
    begin(Settings(data=data))
    path = Settings(data=data).database
    with closing(SqliteStore(path)) as store, closing(SqliteRegistry(path)) as registry:
        for campaign, number in SIZES.items():
            registry.add_campaign(a_campaign(campaign, links=5, sent=number))
            for start in range(0, number, GROUP):
                store.append([an_event(campaign, n, n, number) for n in range(start, start + GROUP)])
        fold = Fold(store, registry, trivial, "soak")
        while fold.catch_up(now_ms, 3_600_000):
            pass
        fold.leave()
    with Service(data) as running:
        yield running


@pytest.mark.soak
@pytest.mark.parametrize("path", FILES)
def test_parquet_is_typed_and_complete_and_made_in_flat_memory(
    service: Service, tmp_path: Path, path: str
) -> None:
    person, peaks = signed_in(service), {}
    key = rows(service.data, "apikey", "add", f"reader-{now_ms()}", "--scope", "read").strip()
    for campaign, number in SIZES.items():
        forget_peak(service.process.pid)
        file, began = tmp_path / f"{campaign}.parquet", time.monotonic()
        assert person.fetch(path.format(campaign), file, {"authorization": f"Bearer {key}"}) == 200
        took_s = time.monotonic() - began
        peaks[campaign] = peak_mib(service.process.pid)
        print(
            f"\n{path.format(campaign)}: {number:,} rows in {took_s:.1f} s, {file.stat().st_size / 1e6:.1f} MB,"
            f" peak {peaks[campaign]:.0f} MiB"
        )
        made = pq.ParquetFile(file)
        types = {field.name: field.type for field in made.schema_arrow}
        assert {name: types[name] for name in FILES[path]} == FILES[path]
        recipients = pc.unique(made.read(["recipient"])["recipient"])
        assert (made.metadata.num_rows, len(recipients)) == (number, number)
        file.unlink()
    assert peaks["many"] < peaks["some"] * 1.25 + 10
