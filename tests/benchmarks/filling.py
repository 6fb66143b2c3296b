"""Makes the data folder of `bench_server`: a campaign, keys, and people who said yes or no.

`python filling.py FOLDER` makes it with the mailpixel of PYTHONPATH, which may be an earlier release.
"""

import sys
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from mailpixel.folder.key_file import create_keyring
from mailpixel.model import Campaign, Link
from mailpixel.modes import Statement
from mailpixel.store.consents import Said
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import open_sqlite
from mailpixel.times import to_ms

CAMPAIGN = "bench"
PEOPLE = 100_000


def fill(registry: Registry) -> None:
    """A campaign, and what people said: seven of eight say yes. None of them is among those who are asked for hits."""
    now = datetime.now(UTC)
    link = Link(1, "https://shop.example/spring")
    registry.add_campaign(Campaign(CAMPAIGN, "Bench", sent_at=now, links=(link,)))
    answers = cycle((Statement.GRANTED,) * 7 + (Statement.DENIED,))
    said = [Said(f"p-{n}", 3, next(answers), to_ms(now), "form") for n in range(PEOPLE)]
    registry.record_consents(said, to_ms(now))


def main() -> None:
    """Make the folder that is named."""
    folder = Path(sys.argv[1])
    _, registry = open_sqlite(folder / "mailpixel.db")
    fill(registry)
    create_keyring(folder / "keys.json")


if __name__ == "__main__":
    main()
