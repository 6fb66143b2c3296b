"""Events as rows of the log and back. `received_at_ms` is not stored: it is the first six bytes of the id."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from mailpixel.kinds import HIT_KINDS, EventKind, Reason
from mailpixel.model import Decision, Event, Verdict, Via
from mailpixel.store.sqlite.network_entries import NetworkTexts
from mailpixel.traffic.facts import facts_with

KINDS: tuple[tuple[EventKind, Reason | None], ...] = (
    (EventKind.OPEN, None),
    (EventKind.CLICK, None),
    (EventKind.DELIVERY, None),
    (EventKind.OPTOUT, None),
    *((EventKind.BOUNCE, reason) for reason in Reason),
    *((EventKind.COMPLAINT, reason) for reason in Reason),
    (EventKind.STEP, None),
    (EventKind.CONSENT, None),
    (EventKind.PURCHASE, None),
    (EventKind.REFUND, None),
    (EventKind.CANCEL, None),
)
"""A kind and its reason are stored together, as their index here. Add new ones at the end."""
HITS = str(tuple(KINDS.index((kind, None)) for kind in HIT_KINDS))
"""The stored kinds of opens and clicks, as SQL."""

COLUMNS = (
    "id, kind, campaign, recipient, link, destination, method, address, agent, facts, tag, network, decided"
)
SITE_COLUMNS = f"position, {COLUMNS}, body"
"""The columns of a visit's or order's event."""
READ = (
    "e.campaign, e.recipient, e.id, e.kind, e.link, e.destination, e.method, e.address, e.agent, e.facts,"
    " e.tag, e.network, e.decided, e.body"
)
"""The columns that `to_event` takes, of the events as `e`."""

MAX_AGENTS = 20_000
"""Agents kept in memory; a mailing to millions shows a few thousand."""

TAG_BYTES = 8
"""A tag; behind it the former tag, where there is one."""

_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}

SqlRow = tuple[Any, ...]


def to_row(event: Event, agent: int, network: int | None) -> SqlRow:
    """The row of an event in the order of `COLUMNS`. GET and an empty address, which are most common, are null."""
    return (
        event.id,
        _KIND_NUMBERS[event.kind, event.reason],
        event.campaign,
        event.recipient,
        event.link,
        event.destination,
        None if event.method == "GET" else event.method,
        event.address or None,
        agent,
        event.facts._value_,
        event.tag + event.former_tag if event.tag else None,
        network,
        None if event.decided is None else decision_text(event.decided),
    )


def decision_text(decided: Decision) -> str:
    """A decision as text: verdict, rule, via (or -), repeat (1 or 0) and client, separated by blanks."""
    via = decided.via or "-"
    return f"{decided.verdict} {decided.rule} {via} {decided.dup:d} {decided.client}"


@lru_cache(maxsize=4_096)
def _decision(text: str) -> Decision:
    verdict, rule, via, dup, client = text.split(" ")
    return Decision(Verdict(verdict), rule, None if via == "-" else Via(via), dup == "1", int(client))


def to_site_row(event: Event, agent: int, network: int | None) -> SqlRow:
    """The row of a visit's or order's event in the order of `SITE_COLUMNS`, without its position."""
    return (*to_row(event, agent, network), event.body or None)


class AgentNumbers:
    """Numbers of agents for the writer. It remembers only committed ones, and starts over when it grows too large."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    @property
    def known(self) -> Mapping[str, int]:
        """The numbers known so far. Entries are only added."""
        return self._known

    def learn(self, new: Mapping[str, int]) -> None:
        """Remember numbers that have been committed."""
        if len(self._known) + len(new) > MAX_AGENTS:
            self._known = {}
        self._known.update(new)


def intern_agents(connection: sqlite3.Connection, agents: Sequence[str]) -> dict[str, int]:
    """The numbers of these agents. Agents without a number get one."""
    connection.executemany("insert or ignore into agents (agent) values (?)", [(agent,) for agent in agents])
    found: dict[str, int] = {}
    for agent in agents:
        (found[agent],) = connection.execute("select id from agents where agent = ?", (agent,)).fetchone()
    return found


def known_agents(connection: sqlite3.Connection, agents: Iterable[str]) -> dict[str, int]:
    """The numbers of these agents. An unknown agent gets the number of the empty agent."""
    empty = intern_agents(connection, [""])[""]
    found = {
        agent: connection.execute("select id from agents where agent = ?", (agent,)).fetchone()
        for agent in agents
    }
    return {agent: empty if row is None else row[0] for agent, row in found.items()}


class AgentTexts(dict[int, str]):
    """Agents by number, each looked up once. The text of a number never changes."""

    def load(self, connection: sqlite3.Connection, numbers: set[int]) -> None:
        """Make sure that these numbers are loaded, as far as there are texts for them."""
        if len(self) > MAX_AGENTS:
            self.clear()
        for number in numbers - self.keys():
            self.update(connection.execute("select id, agent from agents where id = ?", (number,)))


class Texts:
    """What rows refer to by number: agents and networks."""

    def __init__(self) -> None:
        self.agents = AgentTexts()
        self.networks = NetworkTexts()

    def load(self, connection: sqlite3.Connection, rows: Sequence[SqlRow]) -> None:
        """Make sure that everything is loaded that rows in the order of `READ` refer to."""
        self.agents.load(connection, {row[8] for row in rows})
        self.networks.load(connection, {row[11] for row in rows})


def to_event(row: SqlRow, texts: Texts) -> Event:
    """The event of a row in the order of `READ`."""
    (
        campaign,
        recipient,
        id,
        number,
        link,
        destination,
        method,
        address,
        agent,
        facts,
        tag,
        network,
        decided,
        body,
    ) = row
    kind, reason = KINDS[number]
    at_ms = int.from_bytes(id[:6], "big")
    method = "GET" if method is None else method
    address = "" if address is None else address
    agent, facts = texts.agents[agent], facts_with(facts)
    if tag is None and network is None and reason is None and decided is None and body is None:
        return Event(id, kind, at_ms, method, address, agent, facts, campaign, recipient, link, destination)
    return Event(
        id,
        kind,
        at_ms,
        method,
        address,
        agent,
        facts,
        campaign,
        recipient,
        link,
        destination,
        reason,
        b"" if tag is None else tag[:TAG_BYTES],
        b"" if tag is None else tag[TAG_BYTES:],
        None if network is None else texts.networks[network],
        None if decided is None else _decision(decided),
        "" if body is None else body,
    )
