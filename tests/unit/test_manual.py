"""The README and the manual are true: their tables are the code's, their examples run, what they name is there."""

import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from mailpixel.docs import NAMES, pages
from mailpixel.rewriting.merge_tags import MERGE_TAGS
from tests.support.first_campaign import hit, run
from tests.support.manual import PAGES, PARTS, README, ROOT, blocks, files, written_anew

START = PAGES / "start.md"
LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")
PATH = re.compile(r"`((?:mailpixel|tests|scripts)/[\w./-]+)`")


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def name(file: Path) -> str:
    return file.name


GOING_ON = [file for file in files() if "```sh\n" in read(file) and file not in (README, START)]
"""Pages whose examples go on where `start` ends."""
each_file = pytest.mark.parametrize("file", files(), ids=name)


@each_file
def test_what_is_made_from_the_code_is_what_the_code_says(file: Path) -> None:
    assert written_anew(read(file)) == read(file), "run `.venv/bin/python -m tests.support.manual`"


def test_the_merge_tags_that_the_page_offers_are_those_of_the_recipes() -> None:
    table = read(PAGES / "templates.md").partition("| ESP | language |")[2].partition("\n\n")[0]
    rows = [re.split(r"(?<!\\)\|", line) for line in table.splitlines()[2:]]
    recipes = {cells[3].strip().strip("`").replace("\\|", "|") for cells in rows}
    assert recipes == {preset.tag for preset in MERGE_TAGS}


def test_every_part_has_a_place() -> None:
    everything = "".join(map(read, files()))
    assert [part for part in PARTS if f"<!-- {part} -->\n" not in everything] == []


@pytest.mark.parametrize("file", [README, PAGES / "sending.md"], ids=name)
def test_the_ten_line_example_runs_as_printed(file: Path, tmp_path: Path) -> None:
    (example,) = blocks(read(file), "python")
    code = [line for line in example.splitlines() if line.strip()]
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    printed = done.stdout.splitlines()
    assert len(code) <= 10
    assert printed[0].startswith("https://t.example/o/")
    assert [line.startswith("https://t.example/c/") for line in printed[1:3]] == [True, True]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the first campaign was made, as the README and `start` make it, and in which hits came in."""
    folder = tmp_path_factory.mktemp("begun")
    first, second, *rest = blocks(read(START), "sh")
    run(first, folder)
    run(second, folder)
    hit(folder)
    for block in rest:
        run(block, folder)
    return folder


@pytest.mark.parametrize("file", GOING_ON, ids=name)
def test_every_shell_example_runs_as_printed_one_after_the_other(
    file: Path, begun: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "begun"
    copytree(begun, folder)
    for block in blocks(read(file), "sh"):
        run(block, folder)


def test_a_page_that_goes_on_with_the_first_campaign_says_so() -> None:
    assert [file.name for file in GOING_ON if "(start.md)" not in read(file)] == []


@each_file
def test_every_link_leads_to_a_file(file: Path) -> None:
    links = [link for link, _ in LINK.findall(read(file)) if "://" not in link]
    assert [link for link in links if not (file.parent / link).exists()] == []


@each_file
def test_no_two_headings_of_a_page_are_the_same_so_that_each_can_be_linked_to(file: Path) -> None:
    prose = re.sub(r"(?ms)^```.*?^```", "", read(file))
    headings = re.findall(r"(?m)^#+ (.+)$", prose)
    assert sorted(set(headings)) == sorted(headings)


@each_file
def test_every_path_that_is_named_is_there(file: Path) -> None:
    assert [path for path in PATH.findall(read(file)) if not (ROOT / path).exists()] == []


def test_every_page_is_in_the_table_of_contents_with_a_title_and_a_purpose() -> None:
    assert sorted(NAMES) == sorted(page.stem for page in PAGES.glob("*.md"))
    for page in pages().values():
        assert page.text.startswith("# ")
        assert page.title
        assert page.purpose.endswith(".")
        assert len(page.purpose) <= 150


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    text = read(README)
    assert text.count("\n") < 200
    assert [name for name in NAMES if f"(mailpixel/docs/{name}.md)" not in text] == []
