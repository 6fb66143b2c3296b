"""The pages as a program meets them: signed in, with forms that carry their hidden field."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from mailpixel.folder.opening import begin
from mailpixel.folder.sign_in import new_sign_in_link
from mailpixel.settings import Settings
from tests.support.api import an_app

HIDDEN = re.compile(r'name="csrf" value="(\w+)"')


class Person:
    """A person with a browser. `data` is the data folder."""

    def __init__(self, client: TestClient, data: Path) -> None:
        self.client = client
        self.data = data

    def get(self, path: str, **more: Any) -> httpx2.Response:
        """Open a page; redirects are not followed."""
        return self.client.get(path, follow_redirects=False, **more)

    def hidden(self, path: str) -> str:
        """The hidden field of the first form of a page."""
        found = HIDDEN.search(self.client.get(path).text)
        assert found is not None
        return found[1]

    def post(
        self, path: str, seen_on: str, fields: dict[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        """Send a form that stands on a page; redirects are not followed."""
        data = {"csrf": self.hidden(seen_on)} | (fields or {})
        return self.client.post(path, data=data, follow_redirects=False, **more)

    def sign_in(self, scope: str = "write", name: str = "anna") -> None:
        """Sign in by a link that works once."""
        path = f"/sign-in/{self.link(scope, name)}"
        assert self.post(path, path).status_code == 303

    def link(self, scope: str = "write", name: str = "anna") -> str:
        """The secret of a new link."""
        _, registry, _ = begin(Settings(data=self.data))
        now = datetime.now(UTC)
        return new_sign_in_link(registry, name, scope, (now, now + timedelta(minutes=5)))


@contextmanager
def a_person(data: Path, scope: str = "", **settings: Any) -> Iterator[Person]:
    """A person at the app with these settings, signed in with this scope, or not at all."""
    with an_app(data, **settings) as client:
        person = Person(client, data)
        if scope:
            person.sign_in(scope)
        yield person
