"""What the server traces: each answer of the app, and each commit. Hits themselves are not traced."""

import time
from collections.abc import Callable

from mailpixel.server.observing import Answered, Observer
from mailpixel.tracing import Facts, Record, Span, record_nothing

OnCommit = Callable[[float, int], None]
SERVER_ERROR = 500


def traced_requests(record: Record) -> Observer:
    """An observer that records a span for each answer, by OpenTelemetry's conventions for HTTP servers (1.38, 2026)."""

    def observe(answered: Answered) -> None:
        failed = answered.status >= SERVER_ERROR or not answered.status
        facts: Facts = {
            "http.request.method": answered.method,
            "http.route": answered.route,
            "http.response.status_code": answered.status,
            "http.response.body.size": answered.size_bytes,
        }
        name, error = f"{answered.method} {answered.route}", str(answered.status) if failed else ""
        record(Span(name, answered.began_ns, answered.ended_ns, facts, error, serves=True))

    return observe


def traced_commits(record: Record, on_commit: OnCommit) -> OnCommit:
    """`on_commit` with a span for each commit. It is called in the writing thread."""
    if record is record_nothing:
        return on_commit

    def traced(seconds: float, events: int) -> None:
        on_commit(seconds, events)
        ended_ns = time.time_ns()
        record(Span("commit", ended_ns - round(seconds * 1e9), ended_ns, {"mailpixel.events": events}))

    return traced
