"""The data folders of released schemas, as `tests/data/schemas` holds them."""

import json
import lzma
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

RELEASED = sorted(
    path for path in (Path(__file__).parents[1] / "data" / "schemas").iterdir() if path.is_dir()
)
CLOSELY = [path for path in RELEASED if path.name in ("0004", "0013", "0017")]
"""Those on which more is tried: each of the others takes its time, too."""
LATER = {"as_of", "rules_version", "definition"}
"""What a later release may say differently of the same figures."""


def unpacked(released: Path, folder: Path) -> Path:
    """The folder, with the database and the keys that a release left."""
    folder.mkdir(mode=0o700, exist_ok=True)
    with closing(sqlite3.connect(folder / "mailpixel.db")) as connection:
        connection.executescript(sql_of(released))
        connection.execute("pragma journal_mode = wal").fetchall()
    (folder / "keys.json").write_bytes((released / "keys.json").read_bytes())
    os.chmod(folder / "keys.json", 0o600)
    return folder


def sql_of(released: Path) -> str:
    """The database as SQL text."""
    return lzma.decompress((released / "database.sql.xz").read_bytes()).decode()


def said_by(released: Path) -> dict[str, Any]:
    """What the release printed: `spring` and `autumn` are reports, `explain` the hits of one message."""
    said: dict[str, Any] = json.loads((released / "said.json").read_text(encoding="utf-8"))
    return said


def part_of(now: Any, then: Any) -> Any:
    """What is said now, cut to the keys that were known then."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {name: part_of(now.get(name), then[name]) for name in then if name not in LATER}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [part_of(*pair) for pair in zip(now, then, strict=True)]
    return now
