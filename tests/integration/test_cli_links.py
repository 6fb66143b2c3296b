"""`mailpixel links` as a person meets it: kept columns, and a first line that has to be asked about."""

import csv
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli


@pytest.fixture
def data(tmp_path: Path) -> Path:
    words = ["campaign", "add", "spring", "--name", "Spring", "--link", "https://shop.example/"]
    assert CliRunner().invoke(cli, ["--data", str(tmp_path / "data"), *words]).exit_code == 0
    return tmp_path / "data"


def links(data: Path, list_: bytes, *options: str) -> tuple[int, list[dict[str, str]], str]:
    """Exit code, rows and what was said."""
    words = ["--data", str(data), "links", "spring", "--recipients", "-", "--merge", *options]
    done = CliRunner().invoke(cli, words, input=list_)
    return done.exit_code, list(csv.DictReader(done.stdout.splitlines())), done.stderr


def test_columns_of_the_list_are_kept_beside_the_token(data: Path) -> None:
    list_ = b"ID;E-Mail;City\r\nr-1;ann@example.com;Rome\r\n"
    code, rows, _ = links(data, list_, "--column", "ID", "--keep", "E-Mail")
    assert (code, [list(row) for row in rows]) == (0, [["recipient", "token", "E-Mail", "choice_url"]])
    code, rows, _ = links(data, list_, "--column", "ID", "--keep-all")
    assert (code, [(row["E-Mail"], row["City"]) for row in rows]) == (0, [("ann@example.com", "Rome")])
    code, _, said = links(data, list_, "--column", "ID", "--keep-all", "--keep", "City")
    assert (code, said) == (2, "error: --keep: and --keep-all cannot be combined; choose one\n")


def test_in_a_pipe_an_unclear_first_line_is_an_error_that_names_both_ways_out(data: Path) -> None:
    code, rows, said = links(data, b"Kunde\nr-1\n")
    assert (code, rows) == (2, [])
    assert "the first line, `Kunde`, looks like the name of the column" in said
    assert "--column Kunde, or --no-header" in said
    assert [row["recipient"] for row in links(data, b"Kunde\nr-1\n", "--column", "Kunde")[1]] == ["r-1"]
    assert [row["recipient"] for row in links(data, b"Kunde\nr-1\n", "--no-header")[1]] == ["Kunde", "r-1"]


@pytest.mark.parametrize(("answer", "signed"), [("y\n", ["r-1"]), ("\n", ["r-1"]), ("n\n", ["Kunde", "r-1"])])
def test_on_a_terminal_a_person_is_asked(data: Path, tmp_path: Path, answer: str, signed: list[str]) -> None:
    (tmp_path / "list.txt").write_text("Kunde\nr-1\n")
    person, terminal = pty.openpty()
    words = ["links", "spring", "--recipients", "list.txt", "--merge", "--output", "out.csv"]
    with subprocess.Popen(
        [sys.executable, "-m", "mailpixel", "--data", str(data), *words],
        cwd=tmp_path,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        os.write(person, answer.encode())
        assert process.wait(60) == 0
    said = os.read(person, 10_000).decode()
    os.close(person)
    assert "Does the first line, `Kunde`, name the column?" in said
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [row["recipient"] for row in rows] == signed


@pytest.mark.parametrize("name", ["ids", "linked", "out.csv.part", "out.csv.part.json"])
def test_the_list_is_never_overwritten_by_its_own_links(data: Path, tmp_path: Path, name: str) -> None:
    list_ = tmp_path / name
    ids = tmp_path / "ids"
    if name == "linked":
        ids.write_text("r-1\n")
        list_.symlink_to(ids)
    else:
        list_.write_text("r-1\n")
    output = tmp_path / ("out.csv" if "part" in name else "ids")
    words = ["--data", str(data), "links", "spring", "--recipients", str(list_), "--output", str(output)]
    done = CliRunner().invoke(cli, words)
    problem = f"output: {output} would overwrite the list of recipients; choose another file"
    assert (done.exit_code, done.stderr, list_.read_text()) == (2, f"error: {problem}\n", "r-1\n")


def test_a_pipe_is_not_replaced_by_a_file_of_links(data: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    code, _, said = links(data, b"r-1\n", "--output", str(tmp_path / "fifo"))
    problem = f"output: {tmp_path / 'fifo'} is not a regular file; choose another, or write to stdout"
    assert (code, said, (tmp_path / "fifo").is_fifo()) == (2, f"error: {problem}\n", True)


def test_a_symbolic_link_keeps_leading_to_the_file_of_links(data: Path, tmp_path: Path) -> None:
    (tmp_path / "latest.csv").symlink_to("today.csv")
    code, _, said = links(data, b"r-1\n", "--output", str(tmp_path / "latest.csv"))
    assert code == 0, said
    assert (tmp_path / "latest.csv").is_symlink()
    assert (tmp_path / "today.csv").read_text().startswith("recipient,token,choice_url\nr-1,")
