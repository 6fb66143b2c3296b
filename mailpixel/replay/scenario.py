"""One scenario of a replay file: a timeline of raw requests, their context, and optional labels.

A line of the file is a JSON object: `scenario` (its name), `campaign` {id, links, sent, plain_http},
`messages` [{recipient, sent_at_ms, delivered_at_ms}], and `hits` [{t_ms, recipient, kind, link, method, ip,
headers, token}]. Optional: `plain_http` (true where the public address was not https, for the campaign or
the whole scenario), `config` {seeds, operator_networks, trap_links, networks, agents} and `expect`
{verdicts, rules, via, dup, summary}.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from mailpixel.classify.rules import KnownAgent, Rules
from mailpixel.errors import InvalidInput
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Link, Message
from mailpixel.times import moment_of
from mailpixel.traffic.facts import facts_of
from mailpixel.traffic.networks import canonical_address, read_network

_EDGE = b"play"
_MARKS = {"valid": Facts.NONE, "preview": Facts.PREVIEW, "tampered": Facts.FORGED}
"""Kinds of token that name a message, and the facts that each adds. Hits on any other token are not judged."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The labels of a scenario, one per hit: a word, a list of accepted words, or None for an unlabelled hit.

    `rules`, `via` and `dup` may be empty: they are then not compared.
    """

    verdicts: Sequence[Any]
    rules: Sequence[Any]
    via: Sequence[Any]
    dup: Sequence[Any]
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as read. `events` has one entry for each hit, None where the token names no message."""

    name: str
    links: tuple[Link, ...]
    events: tuple[Event | None, ...]
    clocks: Mapping[str, tuple[int | None, int | None]]
    """The moments of sending and of delivery, by recipient."""
    config: Mapping[str, Any]
    expected: Expected | None = None

    def rules(self, base: Rules) -> Rules:
        """The rules in force in this scenario: those of `base` plus the scenario's additions."""
        if not self.config:
            return base
        return replace(
            base,
            seeds=base.seeds | frozenset(self.config.get("seeds", ())),
            operator_networks=(*base.operator_networks, *self.config.get("operator_networks", ())),
            networks=(*base.networks, *map(read_network, self.config.get("networks", ()))),
            agents=(*base.agents, *map(KnownAgent.read, self.config.get("agents", ()))),
        )

    def messages(self) -> Iterator[tuple[Message, Campaign]]:
        """Every message of the scenario that was hit, with its campaign as sent at that message's own time."""
        by_recipient: dict[str, list[Event]] = {}
        for event in self.events:
            if event is not None:
                by_recipient.setdefault(event.recipient, []).append(event)
        for number, (recipient, events) in enumerate(by_recipient.items(), len(self.events) + 1):
            sent_ms, delivered_ms = self.clocks.get(recipient, (None, None))
            if delivered_ms is not None:
                events.append(_event(self.name, EventKind.DELIVERY, recipient, delivered_ms, number))
            sent_at = None if sent_ms is None else moment_of(sent_ms)
            ordered = sorted(events, key=lambda event: event.id)
            yield (
                Message(self.name, recipient, ordered),
                Campaign(self.name, self.name, sent_at=sent_at, links=self.links),
            )


def read_scenario(row: Mapping[str, Any]) -> Scenario:
    """A scenario from its JSON object. Raises `InvalidInput` naming what is wrong in which part."""
    try:
        return _read(row)
    except KeyError as error:
        raise InvalidInput(
            "scenario", f"lacks the key {error}; `mailpixel docs judging` describes the format"
        ) from None
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        raise InvalidInput("scenario", f"is not in the format of a scenario ({error!r})") from None


def _read(row: Mapping[str, Any]) -> Scenario:
    name = str(row["scenario"])
    config = row.get("config") or {}
    traps = set(config.get("trap_links", ()))
    links = tuple(
        Link(number, url, number in traps) for number, url in enumerate(row["campaign"].get("links", ()), 1)
    )
    transport = _transport(row)
    events = tuple(_hit(name, position, hit, transport) for position, hit in enumerate(row["hits"], 1))
    clocks = {
        message["recipient"]: (message.get("sent_at_ms"), message.get("delivered_at_ms"))
        for message in row.get("messages", ())
    }
    return Scenario(name, links, events, clocks, config, _expected(row.get("expect"), len(events)))


def _transport(row: Mapping[str, Any]) -> Facts:
    """The facts that the public address adds to every hit: over plain http browsers leave out headers."""
    said = [place["plain_http"] for place in (row, row["campaign"]) if "plain_http" in place]
    if not all(isinstance(word, bool) for word in said):
        raise InvalidInput("plain_http", "is neither true nor false")
    return Facts.PLAIN_HTTP if any(said) else Facts.NONE


def _expected(row: Mapping[str, Any] | None, hits: int) -> Expected | None:
    if row is None:
        return None
    verdicts, rules, via, dup = (_labels(row, part, hits) for part in ("verdicts", "rules", "via", "dup"))
    return Expected(verdicts or (None,) * hits, rules, via, dup, row.get("summary") or {})


def _labels(row: Mapping[str, Any], part: str, hits: int) -> Sequence[Any]:
    """One label for each hit, or none where the scenario leaves out the whole part."""
    labels = row.get(part)
    if labels is None:
        return ()
    if not isinstance(labels, list) or len(labels) != hits:
        raise InvalidInput(
            f"expect.{part}",
            f"is not a list of {hits} labels; give one for each hit, null where any answer is right",
        )
    return labels


def _hit(campaign: str, position: int, hit: Mapping[str, Any], transport: Facts) -> Event | None:
    mark = _MARKS.get(hit.get("token") or "valid")
    if mark is None or hit["recipient"] is None:
        return None
    raw = [(name.lower().encode(), value.encode()) for name, value in hit.get("headers", {}).items()]
    facts, agent = facts_of(raw)
    event = _event(campaign, EventKind(hit["kind"]), hit["recipient"], int(hit["t_ms"]), position)
    return msgspec.structs.replace(
        event,
        link=hit.get("link"),
        method=hit.get("method", "GET").upper(),
        address=canonical_address(hit.get("ip") or ""),
        agent=agent,
        facts=facts | mark | transport,
    )


def _event(campaign: str, kind: EventKind, recipient: str, at_ms: int, position: int) -> Event:
    id = at_ms.to_bytes(6, "big") + _EDGE + position.to_bytes(6, "big")
    return Event(id, kind, at_ms, "GET", "", "", Facts.NONE, campaign, recipient)
