"""`mailpixel check`: whole data has no difference, each kind of damage is found by number and repaired."""

import json
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.checks.findings import MEANINGS, REPAIRS, Kind
from mailpixel.classify import Rules, judge
from mailpixel.cli import cli
from mailpixel.folder.opening import begin, open_stores
from mailpixel.model import Facts
from mailpixel.modes import Statement
from mailpixel.projections.fold import Fold, FoldOptions
from mailpixel.projections.site_fold import SiteFold
from mailpixel.settings import Settings
from mailpixel.store.consents import EVERY_PURPOSE, Said
from tests.support.builders import BROWSER, GMAIL, a_campaign, a_click, a_delivery, an_open, at_ms
from tests.support.shop import A_SITE
from tests.support.site_cases import AGREED, a_purchase, a_step, bought

RULES = Rules()
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CARRIED = Facts.ACCEPT | Facts.CARRIED


def filled(settings: Settings) -> None:
    """Two campaigns, a site, an opt-out, an erasure and a grant; all folded by the rules in force."""
    store, registry, _ = begin(settings)
    with closing(store), closing(registry):
        for id in ("spring", "autumn"):
            registry.add_campaign(a_campaign(id))
        registry.add_site(A_SITE)
        for number in range(30):
            name = f"r-{number}"
            store.append(
                [
                    a_delivery(number, recipient=name),
                    an_open(number + 100, recipient=name, agent=GMAIL if number % 2 else BROWSER),
                    a_click(number + 200, recipient=name, agent=BROWSER, facts=CARRIED),
                ]
            )
        store.append([an_open(7, campaign="autumn", agent=BROWSER)])
        store.append([a_step(1), a_step(60), *bought(90), a_purchase(95, recipient="r-1", consent=AGREED)])
        said = [
            Said("r-1", EVERY_PURPOSE, Statement.GRANTED, 7, "form", "v1"),
            Said("r-2", EVERY_PURPOSE, Statement.DENIED, 8, "form"),
        ]
        registry.record_consents(said, 9)
        registry.opt_out("r-3", NOW)
        store.erase("r-4", at_ms(1))
        options = FoldOptions(edition=lambda: RULES.version)
        fold = Fold(store, registry, partial(judge, rules=RULES), "a test", options)
        assert fold.catch_up(lambda: at_ms(1_000), 60_000)
        fold.leave()
        sites = SiteFold(store, registry, lambda: RULES, "a test")
        assert sites.catch_up(lambda: at_ms(1_000), 60_000)
        sites.leave()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which everything fits together."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    filled(Settings(data=folder, mode="individual"))
    return folder


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "data")
    return tmp_path / "data"


def run(data: Path, *words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["--data", str(data), *words])
    return done.exit_code, done.stdout, done.stderr


def differing(data: Path, code: int = 1) -> Mapping[str, int]:
    """The kinds that differ, with their numbers."""
    ended, printed, said = run(data, "check", "--json")
    found = json.loads(printed)
    assert (ended, {each["kind"] for each in found} <= set(MEANINGS)) == (code, True), said
    return {each["kind"]: each["differ"] for each in found if each["differ"]}


def everything(data: Path) -> list[object]:
    """What readers see."""
    store, registry = open_stores(Settings(data=data))
    with closing(store), closing(registry):
        return [
            *(store.figures(id, at_ms(1_000_000), 15_000) for id in ("spring", "autumn")),
            store.timeline("spring"),
            list(store.recipients("spring", "", 100)),
            list(store.visits("shop")),
            list(store.orders("shop")),
            list(store.uses_by([("shop", each.visitor) for each in store.visits("shop")])),
            [registry.states_of(f"r-{number}") for number in range(6)],
            [message.campaign for number in range(6) for message in store.person(f"r-{number}")],
        ]


def test_nothing_differs_in_whole_data_and_the_check_changes_nothing(data: Path) -> None:
    before = (data / "mailpixel.db").read_bytes()
    assert differing(data, 0) == {}
    code, printed, said = run(data, "check")
    assert (code, said) == (0, "everything fits together\n")
    assert [line.split()[0] for line in printed.splitlines()[1:]] == list(Kind)
    assert (data / "mailpixel.db").read_bytes() == before


LIVE = "(select id from shelves where campaign = 'spring' and live = 1)"
DAMAGE: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "a state is deleted": (
        f"delete from states where recipient = 'r-7' and shelf = {LIVE}",
        {"states": 1, "counters": 27, "days": 6},
    ),
    "a state is of somebody without events": (
        f"update states set recipient = 'nobody' where recipient = 'r-7' and shelf = {LIVE}",
        {"states": 2},
    ),
    "a verdict is another": (
        f"update states set delivered_at_ms = 5 where recipient = 'r-7' and shelf = {LIVE}",
        {"states": 1},
    ),
    "a standing is another": (
        f"update states set standing = standing + 1 where recipient = 'r-7' and shelf = {LIVE}",
        {"states": 1},
    ),
    "a carried click is not found": ("delete from clicks where recipient = 'r-7'", {"states": 1}),
    "a counter is raised": (
        f"update counters set number = number + 5 where measure = 'opens.human' and bucket_ms = 0 and shelf = {LIVE}",
        {"counters": 1},
    ),
    "a counter is deleted": (
        f"delete from counters where measure = 'clicks.events' and shelf = {LIVE}",
        {"counters": 3},
    ),
    "a day is raised": (
        f"update days set number = number + 5 where measure = 'opens.events' and shelf = {LIVE}",
        {"days": 1},
    ),
    "a generation is lost": ("delete from shelves where campaign = 'autumn'", {"states": 1}),
    "a cursor is behind the end": (
        "update positions set position = 1000000 where consumer = 'fold'",
        {"cursors": 1},
    ),
    "a cursor of sites is behind the end": (
        "update positions set position = 1000000 where consumer = 'site'",
        {"cursors": 1},
    ),
    "positions would be given again": (
        "update sqlite_sequence set seq = 3 where name = 'events'",
        {"positions": 1},
    ),
    "positions of sites would be given again": ("update site_positions set last = 1", {"positions": 1}),
    "a person's campaigns lack one": ("delete from cases_of where campaign = 'autumn'", {"people": 1}),
    "a refusal does not hold": ("update consent_now set states = 0", {"consents": 3}),
    "a person refuses without a word": ("insert into consent_now values (77, 10, 1)", {"consents": 1}),
    "a visit is deleted": ("delete from visits", {"visits": 1}),
    "a visit begins later": ("update visits set first_ms = first_ms + 1", {"visits": 1}),
    "a visit cannot be read": ("update visits set body = x'00'", {"visits": 1}),
    "an order is another": ("update orders set at_ms = at_ms + 1", {"orders": 1}),
    "a visit knows more than there is": ("update visits set known = 99", {"visits": 1}),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_kind_of_damage_is_found_by_number_and_repaired(data: Path, damage: str) -> None:
    statement, expected = DAMAGE[damage]
    before = everything(data)
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection, connection:
        connection.execute(statement)
    assert differing(data) == expected
    code, _, said = run(data, "check")
    assert (code, "mailpixel check --repair" in said) == (1, True)
    code, _, said = run(data, "check", "--repair")
    assert (code, all(f"{kind}: " in said for kind in expected)) == (0, True), said
    assert differing(data, 0) == {}
    assert everything(data) == before


def test_a_cursor_past_hits_that_were_not_folded_is_found_by_the_hits(data: Path) -> None:
    store, _ = open_stores(Settings(data=data))
    with closing(store):
        store.append(
            [an_open(900, recipient="r-1", agent=BROWSER), an_open(901, recipient="new", agent=BROWSER)]
        )
    assert differing(data, 0) == {}, "what waits to be folded is no difference"
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection, connection:
        connection.execute("update positions set position = (select max(position) from events)")
    assert differing(data)["states"] == 2
    assert run(data, "check", "--repair")[0] == 0
    store, _ = open_stores(Settings(data=data))
    with closing(store):
        assert "new" in [state.recipient for state in store.recipients("spring", "", 100)]


def test_states_of_an_earlier_edition_are_no_difference(data: Path) -> None:
    (data / "operator.json").write_text(
        '{"version": 1, "agents": [{"contains": "windows nt 10.0", "verdict": "bot"}]}'
    )
    assert "earlier edition" in run(data, "doctor")[1]
    assert differing(data, 0) == {}


def test_an_index_that_lacks_an_entry_is_made_again(data: Path) -> None:
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection, connection:
        connection.execute("pragma writable_schema = on")
        connection.execute(
            "update sqlite_master set sql = replace(sql, '(click)', '(click) where 0') where name = 'clicks_by_id'"
        )
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection, connection:
        connection.execute("reindex clicks_by_id")
        connection.execute("pragma writable_schema = on")
        connection.execute(
            "update sqlite_master set sql = replace(sql, '(click) where 0', '(click)') where name = 'clicks_by_id'"
        )
    assert differing(data)["indexes"] > 0
    code, _, said = run(data, "check", "--repair")
    assert (code, "made again from the tables" in said) == (0, True)
    assert differing(data, 0) == {}


def overwrite(data: Path, name: str) -> None:
    """Write over the pages of a table."""
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        (page,) = connection.execute("select rootpage from sqlite_master where name = ?", (name,)).fetchone()
    with (data / "mailpixel.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))


@pytest.mark.parametrize("table", ["events", "states", "campaigns"])
def test_a_damaged_page_is_named_with_what_to_do_and_is_not_repaired(data: Path, table: str) -> None:
    overwrite(data, table)
    for words in (["check"], ["check", "--repair"]):
        code, printed, said = run(data, *words)
        assert code == 1
        assert "damaged" in printed + said
        assert "mailpixel restore" in said


def test_rows_that_refer_to_nothing_have_nothing_to_be_made_of(data: Path) -> None:
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection, connection:
        connection.execute("delete from links where number = 1")
        connection.execute(
            "insert into links (campaign, number, url, trap) values ('nowhere', 1, 'https://x.example/', 0)"
        )
    found = differing(data)
    assert found["references"] == 1
    code, _, said = run(data, "check", "--repair")
    assert (code, "mailpixel restore" in said) == (1, True)


def test_damage_of_the_spool_is_counted_and_stays(data: Path) -> None:
    folder = data / "spool" / "damaged"
    folder.mkdir(parents=True)
    (folder / "0000000000000001-0000000001-17").write_bytes(b"torn")
    assert differing(data) == {"spool": 1}
    code, _, said = run(data, "check", "--repair")
    assert (code, "spool/damaged" in said) == (1, True)


def test_every_kind_has_a_meaning_and_names_what_a_repair_does() -> None:
    assert list(MEANINGS) == list(Kind)
    assert set(Kind) - set(REPAIRS) == {Kind.FILE, Kind.REFERENCES, Kind.SPOOL}


def test_no_name_is_printed(data: Path) -> None:
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection, connection:
        connection.execute("delete from states")
        connection.execute("delete from visits")
    for words in (["check"], ["check", "--json"], ["check", "--repair"]):
        code, printed, said = run(data, *words)
        assert not any(name in printed + said for name in ("r-1", "spring", "shop", "visitor-of"))
        assert code == (0 if "--repair" in words else 1)


def test_doctor_runs_it_when_asked(data: Path) -> None:
    assert "everything that is stored fits together" in run(data, "doctor", "--deep")[1]
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection, connection:
        connection.execute("update days set number = number + 5")
    printed = run(data, "doctor", "--deep")[1]
    assert "counters of days that are not the sum of the states" in printed
    assert "mailpixel check --repair" in printed
    assert "fits together" not in run(data, "doctor")[1]
