"""Traces by OpenTelemetry, with the extra `otel`: spans of work that has ended.

They are on where `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names a collector, and the
other `OTEL_*` variables hold as the OpenTelemetry SDK documents them (sampling, headers, the name of the service).
A span holds numbers and names from closed sets: never a path, a token, an address or the id of a recipient. Nothing
on the way of a hit makes one.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from mailpixel.errors import MissingExtra

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
DISABLED = "OTEL_SDK_DISABLED"
SERVICE = "mailpixel"
"""The name of the service, unless `OTEL_SERVICE_NAME` says otherwise."""

log = logging.getLogger(__name__)


Facts = Mapping[str, str | int]
"""What a span says besides, by name."""


class Span(NamedTuple):
    """A piece of work that has ended. Its moments are nanoseconds since 1970.

    `error` is the type name of the error that ended it (empty: none). `serves`: it answered a request.
    """

    name: str
    began_ns: int
    ended_ns: int
    facts: Facts
    error: str = ""
    serves: bool = False


Record = Callable[[Span], None]


def record_nothing(span: Span) -> None:
    """Record no span: what is used while traces are off."""


@contextmanager
def traces(environ: Mapping[str, str] = os.environ) -> Iterator[Record]:
    """What records spans while the block lasts; at its end those that wait are sent.

    `record_nothing` where no collector is named. Where one is and the extra is missing, a warning says so.
    """
    if not is_wanted(environ):
        yield record_nothing
        return
    try:
        provider = provider_for(otlp_exporter())
    except MissingExtra as missing:
        log.warning("no traces are sent: %s", missing)
        yield record_nothing
        return
    try:
        yield recorder(provider)
    finally:
        provider.shutdown()


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether a collector is named, and the SDK is not disabled."""
    disabled = environ.get(DISABLED, "").strip().lower() == "true"
    return not disabled and any(environ.get(name, "").strip() for name in ENDPOINTS)


def otlp_exporter() -> "SpanExporter":
    """What sends spans to the collector. Raises `MissingExtra`."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise MissingExtra(
            "traces need OpenTelemetry; install it with `pip install 'mailpixel[otel]'`"
        ) from None
    return OTLPSpanExporter()


def provider_for(exporter: "SpanExporter") -> "TracerProvider":
    """The SDK with this exporter. It sends in a thread of its own and drops what it cannot keep up with."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME") or SERVICE
    provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def recorder(provider: "TracerProvider") -> Record:
    """What records spans in this SDK. Any thread may call it."""
    from opentelemetry.trace import SpanKind, Status, StatusCode

    tracer = provider.get_tracer(SERVICE)

    def record(span: Span) -> None:
        kind = SpanKind.SERVER if span.serves else SpanKind.INTERNAL
        made = tracer.start_span(span.name, kind=kind, start_time=span.began_ns, attributes=dict(span.facts))
        if span.error:
            made.set_attribute("error.type", span.error)
            made.set_status(Status(StatusCode.ERROR))
        made.end(span.ended_ns)

    return record


class Timed:
    """Records one span around a block, with the type of the error that ends it. Add to `facts` inside."""

    def __init__(self, record: Record, name: str, **facts: str | int) -> None:
        self.facts = facts
        self._record = record
        self._name = name

    def __enter__(self) -> "Timed":
        self._began_ns = time.time_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, where: object) -> None:
        name = "" if kind is None else kind.__name__
        self._record(Span(self._name, self._began_ns, time.time_ns(), self.facts, name))
