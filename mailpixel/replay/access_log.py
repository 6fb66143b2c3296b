"""Reads the log of an existing pixel, in the combined format of nginx and Apache, as messages to judge."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit

from mailpixel.errors import InvalidInput
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Message
from mailpixel.times import to_ms
from mailpixel.traffic.facts import agent_text
from mailpixel.traffic.networks import canonical_address

_EDGE = b"clog"
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(rf"(\S+) \S+ \S+ \[([^\]]+)\] {_TEXT} (\d{{3}}) \S+(?: {_TEXT} {_TEXT})?.*")
_TIME = "%d/%b/%Y:%H:%M:%S %z"


@dataclass(frozen=True, slots=True)
class LogShape:
    """How to recognise opens and clicks in a log by their paths.

    `open` and `click` are regular expressions to search for in the path with its query. A group named
    `recipient` gives the recipient, one named `link` the link (a number, or any text). Without a
    `recipient` group, the query value named `recipient_key` gives the recipient. Raises `InvalidInput`
    for an invalid regular expression.
    """

    open: str = r"/(?:o|open|pixel|track/open)[/?.]"
    click: str = r"/(?:c|click|r|redirect|track/click)[/?]"
    recipient_key: str = "recipient"
    link_key: str = "link"

    def __post_init__(self) -> None:
        for field in ("open", "click"):
            try:
                re.compile(getattr(self, field))
            except re.error as error:
                raise InvalidInput(field, f"is not a regular expression: {error}") from None


@dataclass(frozen=True, slots=True)
class AccessLog:
    """A log as read: messages in order of recipient, and how many lines had no open or click of a recipient."""

    messages: tuple[Message, ...]
    lines: int
    skipped: int


def read_log(lines: Iterable[str], campaign: str, shape: LogShape) -> AccessLog:
    """Read the opens and clicks of a combined-format log, all of one campaign. It keeps them in memory.

    A log has no headers but Referer and agent, so events are marked `UNSEEN` and missing headers are not held
    against them. Its times are whole seconds.
    """
    by_recipient: dict[str, list[Event]] = {}
    number = 0
    for number, line in enumerate(lines, 1):
        event = _event(line, number, campaign, shape)
        if event is not None:
            by_recipient.setdefault(event.recipient, []).append(event)
    messages = tuple(
        Message(campaign, recipient, sorted(events, key=lambda event: event.id))
        for recipient, events in sorted(by_recipient.items())
    )
    return AccessLog(messages, number, number - sum(len(events) for events in by_recipient.values()))


def _event(line: str, number: int, campaign: str, shape: LogShape) -> Event | None:
    parsed = _LINE.fullmatch(line.strip())
    if parsed is None:
        return None
    address, time, request, status, referer, agent = parsed.groups("-")
    method, _, target = request.partition(" ")
    named = _named(target.rpartition(" ")[0] or target, shape)
    if named is None or status >= "400":
        return None
    kind, recipient, link = named
    try:
        at_ms = to_ms(datetime.strptime(time, _TIME))
    except ValueError:
        return None
    facts = Facts.UNSEEN if referer == "-" else Facts.UNSEEN | Facts.REFERER
    number_or_none = int(link) if link.isdigit() and kind is EventKind.CLICK else None
    destination = None if number_or_none is not None or kind is EventKind.OPEN else link
    return Event(
        at_ms.to_bytes(6, "big") + _EDGE + number.to_bytes(6, "big"),
        kind,
        at_ms,
        method,
        canonical_address(address) or address,
        "" if agent == "-" else agent_text(agent.encode()),
        facts,
        campaign,
        recipient,
        number_or_none,
        destination,
    )


def _named(target: str, shape: LogShape) -> tuple[EventKind, str, str] | None:
    """Kind, recipient and link that a path names; None for any other path."""
    for kind, pattern in ((EventKind.OPEN, shape.open), (EventKind.CLICK, shape.click)):
        found = re.search(pattern, target)
        if found is None:
            continue
        groups = {key: value for key, value in found.groupdict().items() if value}
        query = parse_qs(urlsplit(target).query)
        recipient = groups.get("recipient") or query.get(shape.recipient_key, [""])[0]
        link = groups.get("link") or query.get(shape.link_key, [urlsplit(target).path])[0]
        return (kind, unquote(recipient), unquote(link)) if recipient else None
    return None
