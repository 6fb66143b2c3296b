"""Posts of ESPs to a real service with two workers: what they change, and what they cannot."""

import base64
import gzip
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.builders import BROWSER
from tests.support.esp_posts import (
    MAILGUN_KEY,
    mailgun,
    mailgun_post,
    postmark,
    sendgrid,
    sendgrid_post,
    sendgrid_public,
)
from tests.support.processes import wait_until
from tests.support.service import Service, mailpixel, rows

RECIPIENTS = 12
TIMES_AT_ONCE = 24


class Esps:
    """A service, the URLs of its sources, and the token of each recipient."""

    def __init__(self, service: Service, urls: Mapping[str, str], tokens: Mapping[str, str]) -> None:
        self.service = service
        self.urls = urls
        self.tokens = tokens

    def post(self, esp: str, body: bytes, headers: Mapping[str, str] | None = None) -> int:
        """The status of a post with the password of the source. What is too large is answered while it is sent."""
        parts, asked = urlsplit(self.urls[esp]), dict(headers or {})
        if parts.password:
            given = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
            asked["authorization"] = f"Basic {given}"
        host = urlsplit(self.service.url).netloc
        with closing(HTTPConnection(host, timeout=30)) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request("POST", parts.path, body, asked)
            return connection.getresponse().status

    def report(self) -> dict[str, Any]:
        """The counts of the campaign by recipients."""
        found: dict[str, Any] = json.loads(rows(self.service.data, "report", "spring", "--json"))
        return {name: found["recipients"][name] for name in ("delivered", "bounced", "complained")}

    def reports_of(self, recipient: str) -> list[str]:
        """The reports of one message in words."""
        found = json.loads(rows(self.service.data, "explain", "spring", recipient, "--json"))
        return [report["text"] for report in found["reports"]]


@pytest.fixture(scope="module")
def esps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Esps]:
    data = tmp_path_factory.mktemp("esps") / "data"
    rows(data, "campaign", "add", "spring", "--name", "Spring", "--sent", "100")
    keys = {"postmark": "", "sendgrid": sendgrid_public(), "mailgun": MAILGUN_KEY}
    urls = {
        esp: rows(data, "inbound", "add", esp, "--esp", esp, "--secret", key).splitlines()[0]
        for esp, key in keys.items()
    }
    signed = rows(
        data, "links", "spring", "--recipients", "-", "--merge",
        stdin="recipient\n" + "".join(f"r-{n}\n" for n in range(RECIPIENTS)),
    ).splitlines()  # fmt: skip
    at = signed[0].split(",").index("token")
    tokens = {line.split(",")[0]: line.split(",")[at] for line in signed[1:]}
    with Service(data, ["--workers", "2"], {"MAILPIXEL_SETTLE_S": "0"}) as service:
        yield Esps(service, urls, tokens)


def now_ms() -> int:
    return int(time.time() * 1000)


def iso_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def test_reports_of_three_esps_make_the_figures_real_and_the_same_post_at_once_counts_once(
    esps: Esps,
) -> None:
    body = json.dumps(postmark("Delivery", esps.tokens["r-0"], DeliveredAt=iso_now())).encode()
    with ThreadPoolExecutor(TIMES_AT_ONCE) as pool:
        statuses = list(pool.map(lambda _: esps.post("postmark", body), range(TIMES_AT_ONCE)))
    assert set(statuses) <= {200, 503}
    assert esps.post("postmark", body) == 200
    seconds = now_ms() // 1000
    bounce = sendgrid("bounce", esps.tokens["r-1"], type="bounce", timestamp=seconds)
    many = sendgrid_post([bounce, *[{"event": "open"}] * 1_000], now_ms())
    assert esps.post("sendgrid", many.body, many.headers) == 200
    complaint = mailgun_post(mailgun("complained", esps.tokens["r-2"], timestamp=seconds), now_ms())
    with ThreadPoolExecutor(TIMES_AT_ONCE) as pool:
        statuses = list(pool.map(lambda _: esps.post("mailgun", complaint.body), range(TIMES_AT_ONCE)))
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    wait_until(lambda: esps.report() == {"delivered": 1, "bounced": 1, "complained": 1}, "no figures")
    assert [esps.reports_of(f"r-{n}") for n in range(3)] == [
        ["delivered"],
        ["bounced: refused by the receiving server"],
        ["reported as spam"],
    ]


def test_what_comes_after_a_bounce_wins_over_it(esps: Esps) -> None:
    before = esps.report()
    for recipient in ("r-3", "r-4"):
        bounce = postmark(
            "Bounce", esps.tokens[recipient], Type="SoftBounce", BouncedAt="2026-03-02T09:00:00Z"
        )
        assert esps.post("postmark", json.dumps(bounce).encode()) == 200
    wait_until(lambda: esps.report()["bounced"] == before["bounced"] + 2, "no bounces")
    late = postmark("Delivery", esps.tokens["r-3"], DeliveredAt="2026-03-02T09:05:00Z")
    assert esps.post("postmark", json.dumps(late).encode()) == 200
    assert esps.service.get(f"/o/{esps.tokens['r-4']}.gif", headers={"user-agent": BROWSER})[0] == 200
    wait_until(lambda: esps.report()["bounced"] == before["bounced"], "a bounce still stands", 30)


def test_what_is_forged_odd_or_too_large_changes_nothing(esps: Esps) -> None:
    before = (rows(esps.service.data, "events", "spring"), esps.report())
    good = postmark("Delivery", esps.tokens["r-9"])
    text = json.dumps(good).encode()
    twice = text.replace(b'"RecordType"', b'"RecordType": "Open", "RecordType2"', 1)
    signed = sendgrid_post([sendgrid("delivered", esps.tokens["r-9"])], now_ms())
    old = sendgrid_post([sendgrid("delivered", esps.tokens["r-9"])], now_ms() - 30 * 86_400_000)
    forged = mailgun_post(mailgun("delivered", esps.tokens["r-9"]), now_ms(), "other")
    future = postmark("Delivery", esps.tokens["r-9"], DeliveredAt="2099-01-01T00:00:00Z")
    odd = postmark("Delivery", "\x00\u202e" + esps.tokens["r-9"])
    tries: list[tuple[Callable[[], int], set[int]]] = [
        (lambda: esps.post("sendgrid", signed.body + b" ", signed.headers), {403}),
        (lambda: esps.post("sendgrid", old.body, old.headers), {403}),
        (lambda: esps.post("mailgun", forged.body), {406}),
        (lambda: esps.post("postmark", gzip.compress(text), {"content-encoding": "gzip"}), {403}),
        (lambda: esps.post("postmark", b"[" * 500_000 + b"]" * 500_000), {403}),
        (lambda: esps.post("postmark", text + b" " * 1_048_577), {413}),
        (lambda: esps.post("postmark", twice), {200}),
        (lambda: esps.post("postmark", json.dumps(future).encode()), {200}),
        (lambda: esps.post("postmark", json.dumps(odd).encode()), {200}),
        (lambda: esps.service.get("/in/postmark", "GET")[0], {405}),
        (lambda: esps.service.get("/in/postmark", "POST")[0], {401}),
        (lambda: esps.service.get("/in/nobody", "POST")[0], {401}),
    ]
    assert [(n, status) for n, (ask, wanted) in enumerate(tries) if (status := ask()) not in wanted] == []
    assert (rows(esps.service.data, "events", "spring"), esps.report()) == before


def test_who_was_erased_stays_erased_when_the_esp_reports_again(esps: Esps) -> None:
    complaint = postmark("SpamComplaint", esps.tokens["r-6"], Type="SpamComplaint", BouncedAt=iso_now())
    body = json.dumps(complaint).encode()
    assert esps.post("postmark", body) == 200
    wait_until(lambda: esps.reports_of("r-6") == ["reported as spam"], "no complaint")
    erased = mailpixel(esps.service.data, "person", "erase", "r-6", "--yes")
    assert erased.returncode == 0, erased.stderr
    assert esps.post("postmark", body) == 200
    assert "r-6" not in rows(esps.service.data, "events", "spring")
