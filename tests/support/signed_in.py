"""A person who is signed in at a running service, over plain HTTP: no browser, no script, and files of any size."""

import http.client
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.support.service import Service, rows

HIDDEN = re.compile(rb'name="csrf"[^>]*value="([^"]+)"')
BOUNDARY = b"----a-list-of-recipients"


class SignedIn:
    """Looks at pages, sends forms and files, and fetches files to disk.

    It signs in by a link that works once. `cookie` is what a browser would send, and `landed` where the link led.
    """

    def __init__(self, link: str) -> None:
        url = urlsplit(link)
        self._host, self._port = url.hostname or "", url.port or 80
        self.cookie = ""
        path = f"{url.path}?{url.query}"
        answer = self._ask("GET", path)
        self.cookie, page = answer.headers["set-cookie"].partition(";")[0], answer.read()
        answer = self._ask("POST", path, urlencode({"csrf": hidden(page)}).encode(), FORM)
        given = (value.partition(";")[0] for name, value in answer.getheaders() if name == "set-cookie")
        self.cookie = next(each for each in given if re.match("mailpixel=.", each))
        self.landed = answer.headers["location"]
        answer.close()

    def see(self, path: str) -> tuple[int, str]:
        """The status and the text of a page."""
        answer = self._ask("GET", path)
        return answer.status, answer.read().decode()

    def send(self, path: str, seen_on: str, fields: Mapping[str, str]) -> str:
        """Send a form that stands on a page. Returns where the answer leads to."""
        csrf = hidden(self.see(seen_on)[1].encode())
        answer = self._ask("POST", path, urlencode({"csrf": csrf, **fields}).encode(), FORM)
        answer.close()
        return answer.headers.get("location", "")

    def upload(self, path: str, field: str, file: Path, fields: Mapping[str, str] | None = None) -> str:
        """Send a file in the form of a page, a piece at a time. Returns where the answer leads to."""
        texts = {"csrf": hidden(self.see(path)[1].encode()), **(fields or {})}
        head = b"".join(_part(f'name="{name}"') + text.encode() + b"\r\n" for name, text in texts.items())
        head += _part(f'name="{field}"; filename="{file.name}"')
        tail = b"\r\n--" + BOUNDARY + b"--\r\n"
        length = str(len(head) + file.stat().st_size + len(tail))
        kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
        headers = {"content-type": kind, "content-length": length, "sec-fetch-site": "same-origin"}
        answer = self._ask("POST", path, _pieces(head, file, tail), headers)
        assert answer.status == 303, (answer.status, answer.read())
        return answer.headers["location"]

    def fetch(self, path: str, to: Path, headers: Mapping[str, str] | None = None) -> int:
        """Write an answer to a file, a piece at a time. Returns its status."""
        answer = self._ask("GET", path, headers=headers)
        with to.open("wb") as file:
            shutil.copyfileobj(answer, file, 1_048_576)
        return answer.status

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=300)
        given = {"cookie": self.cookie, "connection": "close", **(headers or {})}
        connection.request(method, path, body, given)
        return connection.getresponse()


def signed_in(service: Service, scope: str = "write") -> SignedIn:
    """A person who signed in by a link of `mailpixel sign-in`."""
    path = urlsplit(rows(service.data, "sign-in", "person", "--scope", scope).strip()).path
    return SignedIn(service.url + path)


FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}


def hidden(page: bytes) -> str:
    """The hidden field of the first form of a page."""
    found = HIDDEN.search(page)
    assert found is not None, page
    return found[1].decode()


def _part(name: str) -> bytes:
    return b"--" + BOUNDARY + f"\r\ncontent-disposition: form-data; {name}\r\n\r\n".encode()


def _pieces(head: bytes, file: Path, tail: bytes) -> Iterator[bytes]:
    yield head
    with file.open("rb") as opened:
        while piece := opened.read(1_048_576):
            yield piece
    yield tail
