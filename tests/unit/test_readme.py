"""The README tells the truth: its tables are the code's, its examples run."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.readme import README, with_tables

TEXT = README.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_tables_of_settings_commands_endpoints_and_rules_are_what_the_code_says() -> None:
    assert with_tables(TEXT) == TEXT, "run `.venv/bin/python -m tests.support.readme`"


def test_the_ten_line_example_runs_as_printed(tmp_path: Path) -> None:
    (example,) = blocks("python")
    code = [line for line in example.splitlines() if line.strip()]
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    printed = done.stdout.splitlines()
    assert len(code) <= 10
    assert printed[0].startswith("https://t.example/o/")
    assert [line.startswith("https://t.example/c/") for line in printed[1:3]] == [True, True]


def test_every_shell_example_runs_as_printed_one_after_the_other(tmp_path: Path) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = blocks("sh")
    assert len(shell) >= 5
    for block in shell:
        done = subprocess.run(
            ["bash", "-euc", block],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"
    assert (tmp_path / "tokens.csv").read_text().splitlines()[0] == "recipient,token"


def test_every_file_the_readme_links_to_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert [link for link in links if not (README.parent / link).exists()] == []
