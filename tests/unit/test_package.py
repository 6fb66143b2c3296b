"""The public SDK: what it exports, that importing it is light, and a first program."""

import copy
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import mailpixel
from mailpixel import Claims, InvalidInput, Minter, Reading, TokenKind, TokenSigner, load_keyring
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.surfaces import LINK
from mailpixel.links.urls import TrackingPath, parse_path

NOW = datetime(2026, 11, 25, tzinfo=UTC)
LOADED = """
import json, sys
before = set(sys.modules)
import mailpixel
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
SELDOM = {"cryptography", "django", "httpx2", "opentelemetry", "pyarrow", "ua_parser", "user_agents"}
"""What few people have installed, or few of the processes use."""
PROGRAM = """
from mailpixel import Minter, create_keyring

mint = Minter(create_keyring("keys.json"), "https://t.example", "spring-2026")
for recipient in ("r-1001", "r-1002"):
    print(mint.pixel(recipient))
    print(mint.link(recipient, 1))
"""


def python(code: str, folder: Path) -> str:
    """What a program of its own prints. Measuring coverage would load modules, too."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder, env=plain
    )
    return run.stdout


def test_importing_the_package_loads_only_itsdangerous_and_the_standard_library(tmp_path: Path) -> None:
    loaded = set(json.loads(python(LOADED, tmp_path)))
    assert loaded - sys.stdlib_module_names == {"mailpixel", "itsdangerous"}
    assert loaded.isdisjoint({"sqlite3", "asyncio", "multiprocessing", "http", "email", "csv"})


@pytest.mark.parametrize(
    ("loaded", "left"),
    [
        ("mailpixel.cli", SELDOM | {"jinja2", "markdown_it", "sqlite3", "starlette", "uvicorn"}),
        ("mailpixel.cli.links", SELDOM | {"jinja2", "markdown_it", "starlette", "uvicorn"}),
        ("mailpixel.server.supervisor", SELDOM),
        ("mailpixel.work.consumers", SELDOM | {"jinja2", "markdown_it", "starlette", "uvicorn"}),
    ],
)
def test_what_is_seldom_needed_is_loaded_when_it_is(loaded: str, left: set[str], tmp_path: Path) -> None:
    """Each of them would make every command and every start slower."""
    code = f"import json, sys, {loaded}\nprint(json.dumps(list(sys.modules)))"
    assert left & set(json.loads(python(code, tmp_path))) == set()


def test_all_is_sorted_and_every_name_of_it_is_there() -> None:
    assert mailpixel.__all__ == sorted(mailpixel.__all__)
    assert [name for name in mailpixel.__all__ if not hasattr(mailpixel, name)] == []


def test_every_public_name_is_documented() -> None:
    names = [name for name in mailpixel.__all__ if name != "__version__"]
    assert [name for name in names if not getattr(mailpixel, name).__doc__] == []


def test_a_first_program_prints_links_that_verify(tmp_path: Path) -> None:
    urls = python(PROGRAM, tmp_path).splitlines()
    signer = TokenSigner(load_keyring(tmp_path / "keys.json"))
    paths = [parse_path(url.removeprefix("https://t.example")) for url in urls]
    readings = [signer.verify(path.token, frozenset(TokenKind)) for path in paths if path]
    assert readings == [
        Reading(claims)
        for recipient in ("r-1001", "r-1002")
        for claims in (
            Claims(TokenKind.OPEN, "spring-2026", recipient),
            Claims(TokenKind.CLICK, "spring-2026", recipient, link=1),
        )
    ]


def test_the_program_in_the_readme_runs_and_signs_the_same_links_from_then_on(tmp_path: Path) -> None:
    readme = (Path(mailpixel.__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    program = readme.partition("```python\n")[2].partition("```")[0]
    first = python(program, tmp_path).splitlines()
    assert [line.partition("/")[2][:15] for line in first[:3]] == [
        "/t.example/o/AQ",
        *["/t.example/c/AQ"] * 2,
    ]
    assert len(first) == 4
    again = "".join(line for line in program.splitlines(True) if not line.startswith("create_keyring"))
    assert python(again, tmp_path).splitlines() == first
    with pytest.raises(mailpixel.KeyringError, match="there is a key file; load_keyring reads it"):
        mailpixel.create_keyring(tmp_path / "mailpixel-data" / "keys.json")


@pytest.fixture
def keyring() -> mailpixel.Keyring:
    return new_keyring(NOW)


@pytest.mark.parametrize("preview", [False, True])
def test_a_minter_makes_every_url_of_a_message(keyring: mailpixel.Keyring, preview: bool) -> None:
    mint = Minter(keyring, "https://t.example/mail/", "c1", preview=preview)
    sign = TokenSigner(keyring).sign
    message = sign(Claims(TokenKind.MESSAGE, "c1", "r-1", preview=preview))
    opened = sign(Claims(TokenKind.OPEN, "c1", "r-1", preview=preview))
    clicked = sign(Claims(TokenKind.CLICK, "c1", "r-1", 2, preview=preview))
    carried = sign(Claims(TokenKind.CLICK, "c1", "r-1", None, "https://shop.example/7", preview))
    assert mint.token("r-1") == message
    assert mint.pixel("r-1") == f"https://t.example/mail/o/{opened}.gif"
    assert mint.link("r-1", 2) == f"https://t.example/mail/c/{clicked}"
    assert mint.link_to("r-1", "https://shop.example/7") == f"https://t.example/mail/c/{carried}"
    assert mint.merge_link("r-1", 2) == f"https://t.example/mail/c/{message}/2"
    assert mint.optout("r-1") == f"https://t.example/mail/u/{message}"
    assert parse_path(f"/c/{carried}") == TrackingPath(LINK, carried)


@pytest.mark.parametrize("preview", [False, True])
def test_a_minter_goes_to_another_process(keyring: mailpixel.Keyring, preview: bool) -> None:
    mint = Minter(keyring, "https://t.example", "c1", preview=preview)
    for other in (pickle.loads(pickle.dumps(mint)), copy.deepcopy(mint)):
        assert other.link("r-1", 2) == mint.link("r-1", 2)
        assert other.pixel("r-1") == mint.pixel("r-1")
        assert other.pseudonym("a@b.example") == mint.pseudonym("a@b.example")


def test_a_minter_refuses_what_it_cannot_mint(keyring: mailpixel.Keyring) -> None:
    mint = Minter(keyring, "https://t.example", "c1")
    refused: dict[str, Callable[[], object]] = {
        "base_url": lambda: Minter(keyring, "t.example", "c1"),
        "campaign": lambda: Minter(keyring, "https://t.example", "c 1"),
        "recipient": lambda: mint.pixel("a@b.example"),
        "link": lambda: mint.link("r-1", 0),
        "destination": lambda: mint.link_to("r-1", "javascript:alert(1)"),
    }
    for field, call in refused.items():
        with pytest.raises(InvalidInput) as error:
            call()
        assert error.value.field == field
