"""Searches the bytes of all files for what identifies the readers of cells of the matrix of privacy."""

import ipaddress
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.support.privacy_matrix import Cell, Choice
from tests.support.privacy_oracle import KINDS


class Needle(NamedTuple):
    """What identifies a reader, and whether it may be in a file."""

    what: str
    content: bytes
    may: bool


def needles(cell: Cell, choice: Choice) -> Sequence[Needle]:
    """All of a cell but the recipient's id."""
    kept = cell.expected(choice)
    found = [
        Needle("address", cell.address.encode(), False),
        Needle("agent", cell.agent.encode(), "event" in kept),
        Needle("network", cell.network.encode(), "network" in kept),
    ]
    if ":" in cell.address:  # four bytes of IPv4 occur by chance
        found.append(Needle("packed address", ipaddress.ip_address(cell.address).packed, False))
        found.append(Needle("packed network", ipaddress.ip_address(cell.network).packed[:6], False))
    return found


def traces(cells: Sequence[Cell], choice: Choice, folder: Path, when: str) -> Iterator[str]:
    """What stands in files that must not. The ledger may hold people who said something and were not erased."""
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for cell in cells:
        wanted = [*needles(cell, choice)]
        is_named = "event" in cell.expected(choice)
        said = {cell.said(purpose, moment) for purpose in KINDS for moment in range(4)}
        if cell.said("opens", 3) == "erased" or (said == {"unknown"} and not is_named):
            wanted.append(Needle("recipient", cell.recipient.encode(), False))
        for what, content, may in wanted:
            yield from (
                f"{cell.name}: {what} in {name} {when}"
                for name, file in files.items()
                if not may and content in file
            )


def told(cells: Sequence[Cell], said: bytes) -> Iterator[str]:
    """What logs and metrics say of anybody."""
    for cell in cells:
        texts = (cell.recipient, cell.agent, cell.address, cell.network)
        yield from (f"{cell.name}: {text} was told" for text in texts if text.encode() in said)


def remains(cells: Sequence[Cell], choice: Choice, folder: Path) -> Iterator[str]:
    """What differs in all bytes once the ledger is emptied in a copy: what is kept is there, and nothing else."""
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.sock"))
    with closing(sqlite3.connect(copy / "mailpixel.db")) as db:
        db.execute("pragma secure_delete = on")
        db.execute("delete from consents")
        db.commit()
        db.execute("pragma wal_checkpoint(truncate)")
    files = b"\n".join(path.read_bytes() for path in copy.rglob("*") if path.is_file())
    shutil.rmtree(copy)
    for cell in cells:
        recipient = Needle("recipient", cell.recipient.encode(), "event" in cell.expected(choice))
        for what, content, may in [*needles(cell, choice), recipient]:
            if (content in files) != may:
                yield f"{cell.name}: {what} {'is missing in' if may else 'stands in'} the files"
