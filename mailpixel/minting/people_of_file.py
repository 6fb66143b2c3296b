"""What people said, for the processes that sign a list: each reads it from the database once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from mailpixel.privacy.people import People
from mailpixel.store.sqlite import SqliteRegistry


@dataclass(frozen=True, slots=True)
class PeopleOfFile:
    """The people of a database as of the first question of each process in one `run`."""

    path: Path
    run: str = field(default_factory=lambda: uuid4().hex)

    def __call__(self, recipients: Sequence[str]) -> bytes:
        """A byte for what each person said, a place in `CONSENTS`. Raises `StoreUnavailable`."""
        return _people(self).states(recipients)


@lru_cache(maxsize=1)
def _people(of: PeopleOfFile) -> People:
    registry = SqliteRegistry(of.path)
    try:
        news = registry.consent_news(0)
        return People.of(registry.person_secret(), news.keys, news.states)
    finally:
        registry.close()
