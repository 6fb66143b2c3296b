"""Streams of lines: links for many recipients, and deliveries."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import anyio.from_thread

from mailpixel.errors import InvalidInput, StoreUnavailable
from mailpixel.ingest.identity import DAY_MS, told_event
from mailpixel.links.claims import check_recipient
from mailpixel.links.lists.rows import Format, Job
from mailpixel.links.lists.stream import LINE_BYTES, LineMinter
from mailpixel.model import Event, EventKind
from mailpixel.report.moments import to_ms
from mailpixel.server.api.body import check_length, parse_json
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.exchange import STREAM_BYTES, Exchange
from mailpixel.server.api.fields import BOOLEAN, MOMENT, Field, flag, moment, read_object, text
from mailpixel.server.errors_to_json import error_json
from mailpixel.store.revisions import note_signed

RECIPIENT = Field(
    "recipient",
    {"type": "string", "pattern": "^[A-Za-z0-9._:~+=/-]{1,128}$"},
    text(check_recipient),
    required=True,
    help="The sender's opaque id of a person, never an address.",
)
WRITTEN = Field(
    "recipient",
    {"type": "string", "maxLength": 1_000},
    text(check_recipient),
    required=True,
    help="The sender's opaque id of a person; an address where `hash_recipients` is on.",
)
DELIVERED_AT = Field("delivered_at", MOMENT, moment, required=True, help="When the receiving server took it.")
DELIVERY = (RECIPIENT, DELIVERED_AT)

MERGE = Field(
    "merge", BOOLEAN, flag, default=False, help="One merge-field token a recipient instead of URLs."
)
HASH_RECIPIENTS = Field(
    "hash_recipients",
    BOOLEAN,
    flag,
    default=False,
    help="Replace what stands in `recipient` by a keyed pseudonym, which comes back beside it.",
)
STRICT = Field("strict", BOOLEAN, flag, default=False, help="End at the first faulty line.")


Append = Callable[[Sequence[Event]], None]
PAUSES_S = (0.25, 0.5, 1.0, 2.0, 4.0)
"""The log is given as long as a pixel waits for it, and these pauses: a bulk import may take its time."""


def read_line(line: bytes | None, fields: Sequence[Field], most_bytes: int, what: str) -> dict[str, Any]:
    """The fields of the JSON object on a line; the line is None where it was longer than `most_bytes`.

    Raises `InvalidInput`. `what` is the word for what a line holds.
    """
    if line is None:
        raise InvalidInput("line", f"is longer than {most_bytes:,} bytes; send one {what} a line")
    try:
        value = parse_json(line)
    except ValueError as error:
        raise InvalidInput("line", f"{error}; send one JSON object a line") from None
    return read_object(value, fields)


def mint(call: Call) -> object:
    """Links for every recipient, line by line."""
    check_length(call.request, STREAM_BYTES)
    campaign = call.services.registry.campaign(call.path["id"])
    note_signed(call.services.registry, campaign.id)
    job = Job(
        campaign=campaign.id,
        base_url=campaign.base_url or call.services.settings.base_url,
        links=tuple(link.number for link in campaign.links),
        format=Format.NDJSON,
        **call.query,
    )
    return Exchange(LineMinter(job, call.services.live.keyring))


def deliveries(call: Call) -> object:
    """Log deliveries, line by line; errors come back, and a count at the end."""
    check_length(call.request, STREAM_BYTES)
    services = call.services
    campaign = services.registry.campaign(call.path["id"])

    def append(events: Sequence[Event]) -> None:
        anyio.from_thread.run(services.committer.append, events)

    latest_ms = services.clock() + DAY_MS
    patient = Patiently(append, PAUSES_S)
    return Exchange(DeliveryLines(campaign.id, latest_ms, services.live.registry.opted_out, patient))


class Patiently:
    """Appends a batch again after each pause for as long as the log is busy; an event written twice counts once.

    Raises `StoreUnavailable` after the last pause.
    """

    def __init__(self, append: Append, pauses_s: Sequence[float]) -> None:
        self._append = append
        self._pauses_s = pauses_s

    def __call__(self, events: Sequence[Event]) -> None:
        """Append a batch; blocks."""
        for pause_s in self._pauses_s:
            try:
                return self._append(events)
            except StoreUnavailable:
                time.sleep(pause_s)
        return self._append(events)


class Lines:
    """Cuts pieces into numbered lines without their line ends; None stands for one over `most_bytes`."""

    def __init__(self, most_bytes: int = LINE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held = b""
        self._dropping = False
        self._row = 0

    def feed(self, piece: bytes) -> list[tuple[int, bytes | None]]:
        """The lines that a piece completes, blank ones left out."""
        *whole, self._held = (self._held + piece).split(b"\n")
        lines = [self._line(line) for line in whole]
        if len(self._held) > self._most_bytes:
            self._held, self._dropping = b"", True
        return [(row, line) for row, line in lines if line is None or line.strip()]

    def finish(self) -> list[tuple[int, bytes | None]]:
        """The last line, where it had no line end."""
        return self.feed(b"\n") if self._held or self._dropping else []

    def _line(self, line: bytes) -> tuple[int, bytes | None]:
        self._row += 1
        too_long = self._dropping or len(line) > self._most_bytes
        self._dropping = False
        return self._row, None if too_long else line


class DeliveryLines:
    """Logs lines of {"recipient","delivered_at"}; see `Translator`.

    Out come {"row","error"} for every line that does not fit, and at the end {"accepted","opted_out","failed"}.
    What comes after the log refused a batch is not read: send it again, for a delivery told twice counts once.
    """

    def __init__(
        self,
        campaign: str,
        latest_ms: int,
        opted_out: Callable[[str], bool],
        append: Append,
    ) -> None:
        self._campaign = campaign
        self._latest_ms = latest_ms
        self._is_opted_out = opted_out
        self._append = append
        self._lines = Lines()
        self._accepted = self._opted_out = self._failed = 0
        self.stopped = False

    def feed(self, piece: bytes) -> bytes:
        """Log the lines that a piece completes."""
        return self._take(self._lines.feed(piece))

    def finish(self) -> bytes:
        """Log the last line, and count."""
        out = b"" if self.stopped else self._take(self._lines.finish())
        tally = {"accepted": self._accepted, "opted_out": self._opted_out, "failed": self._failed}
        return out + _line(tally)

    def _take(self, lines: Sequence[tuple[int, bytes | None]]) -> bytes:
        out: list[bytes] = []
        events: list[Event] = []
        for row, line in lines:
            try:
                event = self._event(line)
            except InvalidInput as fault:
                out.append(_line({"row": row, **error_json(fault)}))
                continue
            # Nothing is kept of a person who asked for that: not counted as delivered, nor as tracked.
            if self._is_opted_out(event.recipient):
                self._opted_out += 1
            else:
                events.append(event)
        self._failed += len(out)
        return b"".join(out) + self._log(events, lines)

    def _log(self, events: Sequence[Event], lines: Sequence[tuple[int, bytes | None]]) -> bytes:
        if not events:
            return b""
        try:
            self._append(events)
        except StoreUnavailable as refusal:
            self.stopped = True
            self._failed += len(events)
            return _line({"row": lines[0][0], **error_json(refusal)})
        self._accepted += len(events)
        return b""

    def _event(self, line: bytes | None) -> Event:
        """The delivery a line tells of. Raises `InvalidInput`."""
        told = read_line(line, DELIVERY, LINE_BYTES, "delivery")
        at_ms = to_ms(told["delivered_at"])
        if at_ms > self._latest_ms:
            raise InvalidInput(
                "delivered_at", "lies more than a day ahead; is it in milliseconds, is the clock right?"
            )
        return told_event(EventKind.DELIVERY, self._campaign, told["recipient"], at_ms)


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
