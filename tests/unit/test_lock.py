"""The lock of the gate holds what pyproject.toml asks for, with hashes, and nothing else is installed by it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKED = {
    canonicalize_name(name): version
    for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", Path("scripts/lock.txt").read_text())
}


def asked() -> Iterator[Requirement]:
    """Every requirement of mailpixel, its extras and its tests."""
    read = tomllib.loads(Path("pyproject.toml").read_text())
    extras = read["project"]["optional-dependencies"].values()
    for listed in (read["project"]["dependencies"], *extras, read["dependency-groups"]["dev"]):
        yield from map(Requirement, listed)


def test_every_requirement_is_locked_to_a_version_that_it_allows() -> None:
    wrong = [each for each in asked() if LOCKED.get(canonicalize_name(each.name), "") not in each.specifier]
    assert wrong == [], "run scripts/lock"


def test_every_package_of_the_lock_has_hashes() -> None:
    entries = re.split(r"(?m)^(?=[\w.-]+==)", Path("scripts/lock.txt").read_text())[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert {"hatchling", "editables"} <= LOCKED.keys()  # mailpixel itself is installed without a look at PyPI
