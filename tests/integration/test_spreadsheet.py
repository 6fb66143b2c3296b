"""The files for spreadsheets in a real one: LibreOffice Calc finds no formula in them, whatever strangers wrote.

Started by hand, and needs Debian's libreoffice-calc: `scripts/soak -k spreadsheet -s`.
"""

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mailpixel.kinds import EventKind
from tests.support.api import Api
from tests.support.builders import a_campaign, a_click, an_event, an_open
from tests.support.web import Person

BEGINNINGS = (
    "=",
    "+",
    "-",
    "@",
    "\t=",
    " =",
    "'=",
    '"=',
    "\ufeff=",
    "＝",
    "=-",
    "@SUM(",
    "=cmd|' /C calc'!A0;=",
)
PARTINGS = ("", "x;", "x\t", "x\n", "x\r", "x\r\n", 'x";', 'x"\n', "x,", 'x","', "x;'", 'x;"')
HOSTILE = [parting + beginning + "1+1" for parting in PARTINGS for beginning in BEGINNINGS]
OPENINGS = {
    "as it is opened": "44,34,76,1",
    "separated by comma, semicolon and tab, formulas on": "44/59/9,34,76,1,,1033,false,true,false,false,false,0,true",
    "separated by semicolon, formulas on": "59,34,76,1,,1031,false,true,false,false,false,0,true",
}
"""Options of the filter for CSV. Source: https://help.libreoffice.org, "Filter Options for CSV", November 2026."""
FORMULA = re.compile(r'table:formula="([^"]*)"')
FILES = ("events.csv", "events.csv?bom=true", "recipients.csv", "timeline.csv")


@pytest.fixture
def files(api: Api, tmp_path: Path) -> list[Path]:
    """Every CSV of a campaign that hostile people have met."""
    api.registry.add_campaign(a_campaign(name="=1+1", sent=10))
    hits = [an_open(60 + n, agent=text) for n, text in enumerate(HOSTILE)]
    clicks = [
        a_click(600 + n, link=None, destination=f"https://x.example/{text}") for n, text in enumerate(HOSTILE)
    ]
    named = [an_event(EventKind.OPEN, 1_200 + n, recipient=text) for n, text in enumerate(HOSTILE)]
    api.store.append([*hits, *clicks, *named])
    api.fold()
    share = api.ask("POST", "/api/campaigns/spring/shares", json={}).json()["csv_url"]
    person, made = Person(api), []
    for number, path in enumerate((*(f"/campaigns/spring/download/{file}" for file in FILES), share)):
        answer = person.see(path)
        assert answer.status_code == 200
        made.append(tmp_path / f"{number}.csv")
        made[-1].write_bytes(answer.content)
    return made


def formulas(file: Path, opening: str) -> list[str]:
    """The formulas that LibreOffice finds in a file."""
    office = shutil.which("soffice")
    assert office is not None, "install libreoffice-calc"
    profile = f"-env:UserInstallation=file://{file.parent}/profile"
    words = [office, profile, "--headless", f"--infilter=CSV:{opening}", "--convert-to", "fods"]
    subprocess.run([*words, "--outdir", file.parent, file], check=True, capture_output=True, timeout=300)
    return FORMULA.findall(file.with_suffix(".fods").read_text(encoding="utf-8"))


@pytest.mark.soak
@pytest.mark.parametrize("opening", OPENINGS)
def test_a_spreadsheet_finds_no_formula_in_any_file(files: list[Path], tmp_path: Path, opening: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([each] for each in HOSTILE)
    unguarded = tmp_path / "unguarded.csv"
    unguarded.write_text(text.getvalue(), encoding="utf-8", newline="")
    would_be = len(formulas(unguarded, OPENINGS[opening]))
    found = {file.name: formulas(file, OPENINGS[opening]) for file in files}
    print(f"\n{opening}: {would_be} formulas without the guard, {sum(map(len, found.values()))} with it")
    assert would_be > 0, "this way of opening shows nothing"
    assert found == {file.name: [] for file in files}
