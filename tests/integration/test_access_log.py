"""The access log and traces: what they say of each request, and that nothing personal can get in."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailpixel.claims import Claims, TokenKind
from mailpixel.ingest.intake import BAD_TOKEN, HitOutcome, Receipt
from mailpixel.links.surfaces import PIXEL
from mailpixel.links.token import TokenSigner
from mailpixel.projections.lease import Stop
from mailpixel.server.access_log import AccessLine, AccessLog, LineWriter
from mailpixel.server.observing import Answered, Observed
from mailpixel.server.replies import PIXEL_REPLY
from mailpixel.server.request_reader import TrackingRequest
from mailpixel.server.traced import traced_commits, traced_requests
from mailpixel.tracing import Span, Timed, is_wanted, record_nothing, recorder, traces
from mailpixel.work.consumer_at_work import Clock
from mailpixel.work.traced import Traced
from tests.support.api import Api, an_app
from tests.support.builders import KEYRING, SENT_AT_MS

TOKEN = TokenSigner(KEYRING).sign(Claims(TokenKind.MESSAGE, "spring", "r-secret"))
HOSTILE = (
    f"/api/campaigns/{TOKEN}",
    f"/api/campaigns/spring/messages/{TOKEN}",
    f"/nowhere/{TOKEN}?token={TOKEN}",
    f"/api/campaigns?after={TOKEN}",
    f"/u/{TOKEN}",
    f"/docs/{TOKEN}",
    f"//api//campaigns/{TOKEN}%0a%7b%22route%22",
    f"/api/campaigns/%3Cscript%3E{TOKEN}",
)


def watched(api: Api, path: str, method: str = "GET", **more: Any) -> Answered:
    """What an observer learns of one request."""
    seen: list[Answered] = []
    with observing(api, seen.append):
        api.ask(method, path, **more)
    (answered,) = seen
    return answered


@contextmanager
def observing(api: Api, *observers: Callable[[Answered], None]) -> Iterator[None]:
    state = api.client.app_state
    before = state["observers"]
    state["observers"] = observers
    try:
        yield
    finally:
        state["observers"] = before


def test_a_request_is_named_by_its_route_and_key(history: Api) -> None:
    answered = watched(history, "/api/campaigns/spring/summary", key="read")
    assert (answered.route, answered.method, answered.status, answered.key) == (
        "/api/campaigns/{id}/summary",
        "GET",
        200,
        "read",
    )
    assert answered.size_bytes > 100
    assert answered.began_ns <= answered.ended_ns


def test_a_request_without_a_good_key_has_no_name(history: Api) -> None:
    answered = watched(history, "/api/campaigns", key=None)
    assert (answered.status, answered.key) == (401, None)


def test_a_path_without_a_route_is_none(history: Api) -> None:
    answered = watched(history, "/wp-login.php")
    assert (answered.route, answered.status) == ("(none)", 404)


@pytest.mark.parametrize("path", HOSTILE)
def test_no_path_query_agent_or_recipient_gets_in(history: Api, path: str) -> None:
    lines: list[AccessLine] = []
    exporter, record = in_memory()
    with observing(history, AccessLog(lines.append).note, traced_requests(record)):
        headers = {"user-agent": f"agent-{TOKEN}", "referer": f"https://x/{TOKEN}"}
        history.ask("GET", path, headers=headers, follow_redirects=False)
    said = "".join(map(repr, lines)) + "".join(span.to_json() for span in exporter.get_finished_spans())
    assert len(lines) == len(exporter.get_finished_spans()) == 1
    for secret in (TOKEN, TOKEN[:12], "r-secret", "agent-", "script", "testclient"):
        assert secret not in said


def test_an_invented_method_is_other(history: Api) -> None:
    assert watched(history, "/api/campaigns", f"X{TOKEN}").method == "other"


def test_a_line_says_route_status_time_and_size() -> None:
    lines: list[AccessLine] = []
    began_ns = SENT_AT_MS * 1_000_000
    AccessLog(lines.append).note(
        Answered("/api/campaigns/{id}", "GET", 200, 512, began_ns, began_ns + 1_260_000, "report")
    )
    assert lines == [
        AccessLine("2026-09-21T14:13:20.000Z", "/api/campaigns/{id}", "GET", 200, 1.3, 512, "report")
    ]


@pytest.mark.parametrize(("method", "size"), [("GET", 43), ("HEAD", 0)])
def test_a_hit_has_its_surface_and_outcome_and_no_token(method: str, size: int) -> None:
    lines: list[AccessLine] = []
    request = TrackingRequest(PIXEL, method, f"/o/{TOKEN}.gif", TOKEN.encode(), (), "192.0.2.77")
    for receipt in (Receipt(HitOutcome.LOGGED), BAD_TOKEN):
        AccessLog(lines.append).note_hit(request, PIXEL_REPLY, receipt, SENT_AT_MS)
    assert [(line.route, line.method, line.status, line.bytes, line.outcome) for line in lines] == [
        ("/o/{token}", method, 200, size, "logged"),
        ("/o/{token}", method, 200, size, "bad_token"),
    ]


LINE = AccessLine("now", "/", "GET", 200, 1.0, 1)


def test_lines_come_whole_and_in_order() -> None:
    pieces: list[bytes] = []
    writer = LineWriter(pieces.append)
    for number in range(500):
        writer.put(AccessLine("now", "/", "GET", number, 1.0, 1))
    writer.close(60)
    read = [json.loads(line) for line in b"".join(pieces).splitlines()]
    assert [line["status"] for line in read] == list(range(500))
    assert all(piece.endswith(b"\n") and len(piece) <= 4_096 for piece in pieces)


def test_a_reader_that_stands_still_holds_nobody_up_and_what_is_left_out_is_said() -> None:
    pieces: list[bytes] = []
    goes_on = threading.Event()

    def write(piece: bytes) -> None:
        goes_on.wait()
        pieces.append(piece)

    writer = LineWriter(write, most=10)
    for _ in range(1_000):
        writer.put(LINE)
    goes_on.set()
    writer.close(60)
    read = [json.loads(line) for line in b"".join(pieces).splitlines()]
    (left_out,) = (line["left_out"] for line in read if "left_out" in line)
    assert left_out + len(read) - 1 == 1_000
    assert len(read) <= 21, "what the writer had taken, ten that waited, and the line about the others"


def in_memory() -> tuple[InMemorySpanExporter, Callable[[Span], None]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter, recorder(provider)


def test_a_request_is_a_server_span_by_the_conventions(history: Api) -> None:
    exporter, record = in_memory()
    with observing(history, traced_requests(record)):
        history.get("/api/campaigns/spring")
        history.get("/api/campaigns/none")
    known, missing = exporter.get_finished_spans()
    assert (known.name, known.kind.name) == ("GET /api/campaigns/{id}", "SERVER")
    assert known.attributes is not None
    assert {name: known.attributes[name] for name in ("http.route", "http.response.status_code")} == {
        "http.route": "/api/campaigns/{id}",
        "http.response.status_code": 200,
    }
    assert missing.status.is_ok is False or missing.status.status_code.name == "UNSET", (
        "404 is the client's fault"
    )


def test_a_server_error_marks_its_span() -> None:
    exporter, record = in_memory()
    for status in (500, 503, 0):
        traced_requests(record)(Answered("/api/x", "GET", status, 0, 1, 2))
    spans = exporter.get_finished_spans()
    assert [span.status.status_code.name for span in spans] == ["ERROR"] * 3
    assert [(span.attributes or {})["error.type"] for span in spans] == ["500", "503", "0"]


def test_a_commit_is_a_span_with_its_events() -> None:
    exporter, record = in_memory()
    counted: list[tuple[float, int]] = []
    traced_commits(record, lambda seconds, events: counted.append((seconds, events)))(0.25, 40)
    (span,) = exporter.get_finished_spans()
    assert (span.name, dict(span.attributes or {})) == ("commit", {"mailpixel.events": 40})
    assert (span.end_time or 0) - (span.start_time or 0) == 250_000_000
    assert counted == [(0.25, 40)]


def test_commits_cost_nothing_more_while_traces_are_off() -> None:
    def on_commit(seconds: float, events: int) -> None: ...

    assert traced_commits(record_nothing, on_commit) is on_commit


class Turns:
    """A consumer that does what it is given, turn by turn."""

    name = "fold"

    def __init__(self, *turns: int | Exception | None) -> None:
        self._turns = iter(turns)

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        turn = next(self._turns)
        if isinstance(turn, Exception):
            raise turn
        return turn

    def leave(self) -> None: ...


def test_a_turn_that_did_something_or_failed_is_a_span() -> None:
    exporter, record = in_memory()
    moments = iter(range(1, 100))
    consumer = Traced(Turns(7, 0, None, ValueError("r-secret"), Stop()), record, lambda: next(moments))
    assert [consumer.catch_up(lambda: 0, 1) for _ in range(3)] == [7, 0, None]
    for error in (ValueError, Stop):
        with pytest.raises(error):
            consumer.catch_up(lambda: 0, 1)
    worked, failed = exporter.get_finished_spans()
    assert dict(worked.attributes or {}) == {"mailpixel.consumer": "fold", "mailpixel.messages": 7}
    assert (failed.attributes or {})["error.type"] == "ValueError"
    assert "r-secret" not in failed.to_json()


def test_a_timed_block_is_a_span_with_what_was_found_inside() -> None:
    exporter, record = in_memory()
    with Timed(record, "post", attempt=2) as post:
        post.facts["status"] = 204
    with pytest.raises(OSError, match="r-secret"), Timed(record, "post"):
        raise OSError("r-secret")
    good, bad = exporter.get_finished_spans()
    assert dict(good.attributes or {}) == {"attempt": 2, "status": 204}
    assert "r-secret" not in bad.to_json()


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_traces_are_on_where_a_collector_is_named(environ: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environ) is wanted


def test_without_a_collector_nothing_is_recorded() -> None:
    with traces({}) as record:
        assert record is record_nothing


def test_without_observers_the_app_is_called_as_it_is() -> None:
    passed: list[Send] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(send)

    async def send(message: Message) -> None: ...

    async def receive() -> Message:
        return {}

    observed: ASGIApp = Observed(app)
    with pytest.raises(StopIteration):
        observed({"type": "http", "state": {}}, receive, send).__await__().__next__()
    assert passed == [send]


def test_the_service_writes_hits_and_requests_of_one_kind_and_nothing_of_what_they_carried(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with an_app(tmp_path / "data", access_log="json") as client:
        secret = TOKEN[4:20]
        for path in (
            f"/o/{TOKEN}.gif",
            f"/c/{TOKEN}/1",
            f"/c/{TOKEN}'",
            f"//o//{TOKEN}.gif?u={TOKEN}",
            *HOSTILE,
        ):
            headers = {"user-agent": TOKEN, "cookie": f"mailpixel={TOKEN}"}
            client.get(path, headers=headers, follow_redirects=False)
        client.head(f"/o/{TOKEN}")
        client.get("/healthz")
    out = capfd.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == 4 + len(HOSTILE) + 2
    assert secret not in out
    assert {line["route"] for line in lines} >= {"/o/{token}", "/c/{token}", "/healthz", "(none)"}
    assert {line["outcome"] for line in lines if "outcome" in line} <= set(HitOutcome)
    assert [line["bytes"] for line in lines if line["method"] == "HEAD"] == [0]


def test_the_service_writes_nothing_unless_asked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with an_app(tmp_path / "data") as client:
        client.get("/healthz")
        client.get(f"/o/{TOKEN}.gif")
    assert capfd.readouterr().out == ""
