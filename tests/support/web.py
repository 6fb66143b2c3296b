"""A person at the pages: signed in, with the CSRF token of the page that was seen last."""

import re
from collections.abc import Mapping
from typing import Any

import httpx2

from tests.support.api import Api


class Person:
    """Looks at pages of the running app and sends forms, as a browser without scripts does."""

    def __init__(self, api: Api, scope: str = "write") -> None:
        self._client = api.client
        self._client.base_url = httpx2.URL(
            "https://t.example"
        )  # cookies of an https service come back to it alone
        self._csrf = ""
        self.see("/")
        self.send("/sign-in", {"key": f"mp_{scope}"})

    def see(self, path: str) -> httpx2.Response:
        """The answer to a GET."""
        answer = self._client.get(path)
        if found := re.search(r'name="csrf" value="([^"]*)"', answer.text if _is_page(answer) else ""):
            self._csrf = found[1]
        return answer

    def send(self, path: str, fields: Mapping[str, Any], files: Any = None) -> httpx2.Response:
        """The answer to a form, after a redirect."""
        return self._client.post(path, data={"csrf": self._csrf, **fields}, files=files)

    def leave(self) -> None:
        """Forget the session."""
        self._client.cookies.clear()


def _is_page(answer: httpx2.Response) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")
