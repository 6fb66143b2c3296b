"""Handlers for consent: record what people said, one statement or a stream of them, and show one person's."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated

from msgspec import Meta

from mailpixel.claims import check_recipient
from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.privacy.optout import record_statements
from mailpixel.reading.consents import ConsentReader, said_of
from mailpixel.reading.lines import Numbered
from mailpixel.reading.shapes import Shape
from mailpixel.reading.written import as_id, as_pseudonym
from mailpixel.report.consents import consents_row
from mailpixel.server.api.body import check_length
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.exchange import STREAM_BYTES, Exchange
from mailpixel.server.errors import error_json
from mailpixel.server.threads import Lane
from mailpixel.store.consents import Said, Taken
from mailpixel.times import DAY_MS

AT_ONCE = 1_000
Record = Callable[[Sequence[Said]], Sequence[Taken]]
"""Records statements and returns what became of each."""


class ConsentOptions(Shape, frozen=True):
    """The options of recording."""

    hash_recipients: Annotated[bool, Meta(description="Take the keyed pseudonym of `recipient`.")] = False
    lift: Annotated[bool, Meta(description="Let a grant that is later than an erasure end that erasure.")] = (
        False
    )
    dry_run: Annotated[bool, Meta(description="Answer what would happen, and record nothing.")] = False


def record_one(call: Call) -> object:
    """Record one statement. Raises `InvalidInput`."""
    said = said_of(call.body, call.services.clock() + DAY_MS, _id_of(call), "api")
    [taken] = _record(call)([said])
    return {"consent": taken.value}


def record(call: Call) -> object:
    """Record statements, line by line."""
    check_length(call.request, STREAM_BYTES)
    reader = ConsentReader(call.services.clock() + DAY_MS, _id_of(call), "api")
    return Exchange(ConsentLines(reader, call.services.threads.api_writes, _record(call)))


def show(call: Call) -> object:
    """What holds for a person, and all that they said. Raises `InvalidInput` for what is no recipient id."""
    recipient = check_recipient(call.path["recipient"])
    return consents_row(call.services.registry, recipient).to_json()


def _id_of(call: Call) -> Callable[[str], str]:
    return as_pseudonym(call.services.live.keyring) if call.query.hash_recipients else as_id


def _record(call: Call) -> Record:
    services, how = call.services, call.query

    def record(said: Sequence[Said]) -> Sequence[Taken]:
        if how.dry_run:
            return services.registry.record_consents(said, services.clock(), lift=how.lift, dry=True)
        return record_statements(services.settled(), services.registry, said, services.clock(), how.lift)

    return record


class ConsentLines:
    """Records lines of {"recipient","purpose","state","time","source","wording"}; see `Translator`.

    Every line is answered by its number: {"row","consent"} or {"row","error"}. The last line counts what became of
    all. When the ledger refuses a line, all later lines fail without a try. Send failed lines again: a statement sent
    twice is recorded once.
    """

    step = AT_ONCE
    stopped = False

    def __init__(self, reader: ConsentReader, lane: Lane, record: Record) -> None:
        self._reader = reader
        self._lane = lane
        self._record = record
        self._counts: Counter[str] = Counter()
        self._refusal: MailpixelError | None = None

    async def take(self, lines: Sequence[Numbered]) -> bytes:
        """Record some lines and return the answer to each."""
        return await self._lane.run(self._answers, lines)

    def finish(self) -> bytes:
        """The counts."""
        return _line({name: self._counts[name] for name in (*(taken.value for taken in Taken), "failed")})

    def _answers(self, lines: Sequence[Numbered]) -> bytes:
        read = self._reader.read(lines)
        said = [each for each in read if isinstance(each, Said)]
        taken = iter(self._taken(said))
        answers = (each if isinstance(each, InvalidInput) else next(taken) for each in read)
        return b"".join(self._answer(row, each) for (row, _), each in zip(lines, answers, strict=True))

    def _taken(self, said: Sequence[Said]) -> Sequence[Taken | MailpixelError]:
        if self._refusal is None:
            try:
                return self._record(said)
            except MailpixelError as refusal:
                self._refusal = refusal
        return [self._refusal] * len(said)

    def _answer(self, row: int, answer: Taken | MailpixelError) -> bytes:
        if isinstance(answer, MailpixelError):
            self._counts["failed"] += 1
            return _line({"row": row, **error_json(answer)})
        self._counts[answer.value] += 1
        return _line({"row": row, "consent": answer.value})


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
