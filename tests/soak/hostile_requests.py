"""Requests of somebody who means harm, as bytes: drawn from a seed, so that a run can be repeated.

Each is whole (its length is right), so many can be sent ahead over one connection, unless it says `broken`.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from mailpixel.server.api.routes import ENDPOINTS
from mailpixel.server.web.routes import PAGES
from tests.support.fuzz_envelopes import SCALARS, Fuzz

MARK = "hostile-4711"
"""In every recipient, and in every address of a mail: nothing of it may be in the log of the service."""
ADDRESS = "198.51.100.77"
VALUES = (
    "c1", "shop", "c2", "", ".", "..", "%2e%2e%2f", "%00", "%", "%zz", "%C3%28", "a" * 300, "a" * 5_000, "-1", "0",
    "1e9", "é", "<script>", "' or 1=1 --", "null", "c1%2Fc2", "c1;x=1", "c1?x", "c1#x", f"{MARK}@shop.example", MARK,
    "%0d%0aset-cookie:%20a=b", "\\..\\", "{}", "[]", "true",
)  # fmt: skip
FRAGMENTS = (
    "/", "//", "/o/", "/c/", "/u/", "/p/", "/in/", "/api/", "/docs/", "/assets/", "/campaigns/", "/sites/", "/metrics",
    "/readyz", "/.well-known/", "..", "%2f", "%5c", "%00", "\\", ";", "?", "&", "=", "#", "@", ":", "*", " ", "\t",
    ".gif",
    ".js", "~", "AAAA", "%ff", "http://evil.example", "a" * 200, "?lang=", "1", "/1", "é", "\x7f",
)  # fmt: skip
METHODS = ("GET",) * 6 + (
    "HEAD",
    "POST",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "PURGE",
    "get",
    "X" * 30,
)
HEADERS = (
    "Accept: */*", "Accept:", "Accept-Encoding: gzip, br;q=0, *", "Accept-Language: de;q=x, \xff", "Range: bytes=0-",
    f"X-Forwarded-For: {ADDRESS}, {ADDRESS}, unknown", f'Forwarded: for="[2001:db8::7]:1;";by=_x, for={ADDRESS}',
    "X-Forwarded-For: " + ", ".join([ADDRESS] * 300), "Cookie: mailpixel=x; mailpixel=y", "Cookie: " + "a=b; " * 300,
    "Origin: https://shop.example", "Origin: null", "Referer: https://evil.example/\xe9", "User-Agent: " + "\xff" * 900,
    "User-Agent:", "Sec-Fetch-Mode: navigate", "Sec-GPC: 1", "DNT: 1", "If-None-Match: *", "Upgrade: websocket",
    "Connection: keep-alive, upgrade", "Content-Encoding: gzip", "Content-Type: application/json; charset=utf-16",
    "Content-Type: multipart/form-data; boundary=", "Content-Type: application/x-ndjson", "Content-Type: text/csv",
    "X-HTTP-Method-Override: DELETE", "Idempotency-Key: " + "k" * 300, "Host: evil.example", "Host: a b",
    "A" * 200 + ": x",
    "Last-Event-ID: -1", "Purpose: prefetch", "Via: 1.1 x", "TE: trailers", "Date: never", "Authorization: Basic Og==",
    f"List-Unsubscribe: <mailto:{MARK}@shop.example>", "X-Amz-Sns-Message-Type: Notification",
)  # fmt: skip
KINDS = (
    "application/json",
    "application/x-ndjson",
    "text/csv",
    "multipart/form-data; boundary=b",
    "text/plain",
)
NO_API = ("erase", "stream", "console", "rotate", "replay", "/test", "webhook")
"""Parts of paths left out: they never end, act on the outside, or search the whole disk each time."""


ENDS = re.compile(rb"(?:get|X{30}) |[^\r]*[\x80-\xff]|(?s:.*)\r\nUpgrade: ")
"""What a request begins with after which the service reads no more of the connection."""


class Sent(NamedTuple):
    """A request and its kind. A `broken` one is no whole request."""

    kind: str
    data: bytes
    broken: bool = False

    @property
    def ends(self) -> bool:
        """Whether nothing behind it is read."""
        return self.broken or ENDS.match(self.data) is not None


class Hostile:
    """Requests without an end. `paths` are good ones of mails, `site` is the key of a site, `keys` are of the API."""

    def __init__(self, seed: int, paths: Sequence[str], site: str, keys: Sequence[str], cookie: str) -> None:
        self._dice = random.Random(seed)
        self._fuzz = Fuzz(seed)
        self._paths, self._site, self._keys, self._cookie = paths, site, keys, cookie
        self._endpoints = [each for each in ENDPOINTS if not any(part in each.path for part in NO_API)]
        self._pages = [each for each in PAGES if not any(part in each.path for part in NO_API)]

    def __iter__(self) -> Iterator[Sent]:
        made: Sequence[Callable[[], Sent]] = (
            *(self._token,) * 8,
            *(self._path,) * 4,
            *(self._envelope,) * 3,
            *(self._api,) * 4,
            *(self._page,) * 2,
            self._upload,
            self._inbound,
            self._odd,
        )
        while True:
            yield self._dice.choice(made)()

    def _token(self) -> Sent:
        path = self._dice.choice(self._paths)
        return Sent(
            "token", self._request(self._method(), self._edited(path) if self._dice.random() < 0.9 else path)
        )

    def _path(self) -> Sent:
        path = "/" + "".join(self._dice.choices(FRAGMENTS, k=self._dice.randrange(1, 9)))
        return Sent("path", self._request(self._method(), path))

    def _envelope(self) -> Sent:
        (body,) = self._fuzz.bodies(1)
        path = f"/p/{self._site if self._dice.random() < 0.9 else self._edited(self._site)}"
        if self._dice.random() < 0.2:
            query = "&".join(
                f"{self._dice.choice(('e', 'id', 'u', 'c', 'n'))}={self._value()}" for _ in range(5)
            )
            return Sent("site", self._request("GET", f"{path}.gif?{query}"))
        return Sent(
            "site",
            self._request("POST", path, body, ["Origin: https://shop.example", "Content-Type: text/plain"]),
        )

    def _api(self) -> Sent:
        endpoint = self._dice.choice(self._endpoints)
        path = self._filled(endpoint.path)
        if self._dice.random() < 0.4:
            names = ("limit", "after", "tz", "bucket", "format", "from", "to", "x", "standing", "link")
            path += "?" + "&".join(f"{self._dice.choice(names)}={self._value()}" for _ in range(3))
        method = endpoint.method if self._dice.random() < 0.9 else self._method()
        more = [f"Content-Type: {self._dice.choice(KINDS[:3])}"]
        if self._dice.random() < 0.8:
            more.append(f"Authorization: Bearer {self._dice.choice((*self._keys, *self._keys, MARK, ''))}")
        return Sent("api", self._request(method, path, b"" if method == "GET" else self._body(), more))

    def _page(self) -> Sent:
        page = self._dice.choice(self._pages)
        form = "&".join(
            f"{self._dice.choice(('id', 'name', 'csrf', 'do', 'url', 'links'))}={self._value()}"
            for _ in range(4)
        )
        more = [
            "Content-Type: application/x-www-form-urlencoded",
            self._cookie,
            "Sec-Fetch-Site: same-origin",
        ]
        body = form.encode("utf-8", "surrogatepass") if page.method == "POST" else b""
        return Sent("page", self._request(page.method, self._filled(page.path), body, more))

    def _upload(self) -> Sent:
        rows = "\n".join(
            self._dice.choice(("id,x", f'{MARK},"', '"a""b",,', ";;\t", "\x00", "=1+1", "é"))
            for _ in range(30)
        )
        head = f'--b\r\ncontent-disposition: form-data; name="list"; filename="{self._value()}"'
        body = f"{head}\r\n\r\n{rows}\r\n--b--\r\n"
        cut = self._dice.choice((None, None, -3, 40))
        more = ["Content-Type: multipart/form-data; boundary=b", self._cookie]
        return Sent("upload", self._request("POST", "/campaigns/c1/tokens", body.encode()[:cut], more))

    def _inbound(self) -> Sent:
        path = f"/in/{self._dice.choice(('esp', 'none', self._value()))}"
        return Sent(
            "inbound",
            self._request("POST", path, self._body(), [f"Content-Type: {self._dice.choice(KINDS)}"]),
        )

    def _odd(self) -> Sent:
        """What is no good HTTP."""
        whole = self._request("POST", f"/p/{self._site}", b'{"v":1}')
        head = f"POST /p/{self._site} HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        return Sent("odd", self._dice.choice((
            whole[: self._dice.randrange(1, len(whole))], head + b"zz\r\n", head + b"5\r\nab", head + b"-1\r\n\r\n",
            head + b"ffffffffffffffffff\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n\x00",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", b"GET / HTTP/1.1\r\nA\x00: b\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 9_000 + b"\r\n", b"GET http:///x HTTP/1.1\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\n\r\n",
        )), broken=True)  # fmt: skip

    def _request(self, method: str, path: str, body: bytes = b"", more: Sequence[str] = ()) -> bytes:
        lines = (
            [*self._dice.sample(HEADERS, self._dice.choice((0, 1, 2, 6))), *more]
            if self._dice.random() < 0.7
            else more
        )
        target = "".join(path.split(" ")).replace("\t", "").replace("\x7f", "%7f") or "/"
        head = [f"{method} {target} HTTP/1.1", "Host: t", *(each for each in lines if each)]
        if body and self._dice.random() < 0.2:
            head.append("Transfer-Encoding: chunked")
            body = (
                b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:]) if part)
                + b"0\r\n\r\n"
            )
        elif body or method in ("POST", "PUT", "PATCH"):
            head.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*head, "", ""]).encode("utf-8", "surrogatepass") + body

    def _method(self) -> str:
        return self._dice.choice(METHODS)

    def _value(self) -> str:
        return self._dice.choice(VALUES)

    def _filled(self, path: str) -> str:
        parts = path.split("/")
        good = self._dice.random() < 0.5
        return "/".join(("c1" if good else self._value()) if part.startswith("{") else part for part in parts)

    def _edited(self, text: str) -> str:
        chars = list(text)
        for _ in range(self._dice.choice((1, 1, 2, 5))):
            at = self._dice.randrange(1, len(chars) or 2)
            new = self._dice.choice(
                (
                    "A",
                    "-",
                    "_",
                    "%41",
                    "%2",
                    "%00",
                    "/",
                    "é",
                    "",
                    "=",
                    "%252f",
                    chr(self._dice.randrange(33, 127)),
                )
            )
            chars[at : at + self._dice.choice((0, 1, 1, 3))] = [new]
        return "".join(chars) or "/"

    def _body(self) -> bytes:
        dice = self._dice
        names = (
            "id",
            "name",
            "links",
            "recipient",
            "at",
            "kind",
            "url",
            "events",
            "person",
            "statement",
            "html",
            "mode",
        )
        fields = {dice.choice(names): dice.choice((*SCALARS[:-7], *VALUES)) for _ in range(dice.randrange(6))}
        body = json.dumps(fields).encode()
        if dice.random() < 0.3:
            at = dice.randrange(len(body))
            body = body[:at] + bytes([dice.randrange(256)]) + body[at:]
        return dice.choice((body, body, body + b"\n" + body, b"[" * 3_000, b"", b"\xff\xfe", body * 40))
