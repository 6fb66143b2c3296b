"""What erasing a person deletes from a SQLite file: one row for each table that holds something of people.

A table that is neither here nor in `IMPERSONAL` fails a test: whoever adds a table decides which one it is.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from mailpixel.site_model import CaseKind, case_kind
from mailpixel.store.erasure import Case
from mailpixel.store.measures import Tally
from mailpixel.store.projections import MessageState
from mailpixel.store.sqlite.agents import suspect_agents
from mailpixel.store.sqlite.aggregates import forget_last_opens
from mailpixel.store.sqlite.counters import move_counters
from mailpixel.store.sqlite.generations import remove_states, states_of
from mailpixel.store.sqlite.persons import forget_cases
from mailpixel.store.sqlite.positions import NOT_OF_SITES
from mailpixel.store.sqlite.signings import move_to_erased
from mailpixel.store.sqlite.site_projections import forget_in


class People(NamedTuple):
    """People to erase, the campaigns that each may have events of, and their visits and orders."""

    recipients: Sequence[str]
    campaigns: Mapping[str, Sequence[str]] = {}
    cases: Sequence[Case] = ()

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Campaign and recipient of each message that may be theirs."""
        return [(campaign, recipient) for recipient, found in self.campaigns.items() for campaign in found]


class Eraser(NamedTuple):
    """A table, and what deletes people from it. It returns how many rows they had."""

    table: str
    erase: Callable[[sqlite3.Connection, People], int]


def _of_recipient(table: str) -> Eraser:
    """An eraser for a table with a column `recipient`, which is read once for all people."""
    delete = f"delete from {table} where recipient in (select value from json_each(?)) and {NOT_OF_SITES}"  # noqa: S608

    def erase(connection: sqlite3.Connection, people: People) -> int:
        return connection.execute(delete, (json.dumps(list(people.recipients)),)).rowcount

    return Eraser(table, erase)


def _events(connection: sqlite3.Connection, people: People) -> int:
    """Delete the events, and note their agents for the sweep."""
    events = 0
    for campaign, recipient in [*people.messages, *people.cases]:
        suspect_agents(connection, campaign, recipient)
        gone = "delete from events where campaign = ? and recipient = ?"
        events += connection.execute(gone, (campaign, recipient)).rowcount
    return events


def _states(connection: sqlite3.Connection, people: People) -> int:
    """Delete the live states with their carried clicks, and subtract them from the counters.

    Generations that wait to be swept are deleted as a whole later.
    """
    live = "select id from shelves where campaign = ? and live = 1"
    number = 0
    for campaign, recipient in people.messages:
        for (generation,) in connection.execute(live, (campaign,)).fetchall():
            for state in states_of(connection, generation, campaign, [recipient]):
                move_counters(connection, generation, _less(state))
            number += remove_states(connection, generation, [recipient])
    return number


def _less(state: MessageState) -> dict[tuple[int, int, str], int]:
    tally = Tally()
    tally.add(state, -1)
    return tally.counts()


def _signings(connection: sqlite3.Connection, people: People) -> int:
    """Count them as erased and no longer as signed for. Nothing of them is deleted here: these are counts."""
    for campaign, recipient in people.messages:
        move_to_erased(connection, campaign, recipient)
    return 0


def _cases(connection: sqlite3.Connection, people: People) -> int:
    return forget_cases(connection, people.recipients)


def _folded_of(table: str, kind: CaseKind) -> Eraser:
    """An eraser for what was folded of their visits or orders."""

    def erase(connection: sqlite3.Connection, people: People) -> int:
        cases = [case for case in people.cases if case_kind(case[0]) is kind]
        forget_in(connection, cases)
        return len(cases)

    return Eraser(table, erase)


def _past_cap(connection: sqlite3.Connection, people: People) -> int:
    """Delete hits past the cap. An order or a visitor may have the id of a recipient: their rows go by name only."""
    of_cases = "delete from overflow where campaign = ? and recipient = ?"
    gone = connection.executemany(of_cases, people.cases).rowcount if people.cases else 0
    return gone + _of_recipient("overflow").erase(connection, people)


def _last_opens(connection: sqlite3.Connection, people: People) -> int:
    return forget_last_opens(connection, people.recipients)


def _sightings(connection: sqlite3.Connection, people: People) -> int:
    """Delete all sightings: they are keyed hashes, and nobody can tell whose they are."""
    return connection.execute("delete from seen_urls").rowcount


OF_LOG: tuple[Eraser, ...] = (
    Eraser("signings", _signings),
    Eraser("states", _states),
    Eraser("events", _events),
    Eraser("overflow", _past_cap),
    _of_recipient("aside"),
    _folded_of("visits", CaseKind.VISIT),
    _folded_of("orders", CaseKind.ORDER),
    Eraser("cases_of", _cases),
    Eraser("last_opens", _last_opens),
)
"""What belongs to the log and its projections. The order matters: events say whose states there are."""

OF_REGISTRY: tuple[Eraser, ...] = (_of_recipient("webhook_letters"), Eraser("seen_urls", _sightings))
"""What belongs to the registry."""

ELSEWHERE: Mapping[str, str] = {
    "clicks": "they go with their states",
    "uses": "they go with their visits",
    "order_claims": "they go with their orders",
    "cases_aside": "they go with visits and orders",
    "agents": "the sweep removes agents that nobody else has",
    "unswept": "the sweep empties it",
    "erasing": "it is emptied when the erasure is done",
    "consents": "`note_erased` takes the ids out; the rest is the proof of what was said",
    "consent_now": "eight bytes of a keyed hash, kept so that the person stays out",
    "counted_reports": "eight bytes of a keyed hash, deleted after some days",
    "suppressed": "eight bytes of a keyed hash, kept so that the person stays out",
}
"""Tables with something of people that are erased in another way, and how."""

IMPERSONAL: Mapping[str, str] = {
    "_sqlite_migrations": "the schema",
    "aggregates": "counts of a campaign",
    "api_keys": "keys of programs",
    "campaigns": "what the sender set up",
    "changes": "counts of a campaign",
    "counters": "counts of a campaign",
    "days": "counts of a campaign",
    "deleted_campaigns": "ids of campaigns",
    "delivered_counts": "counts of a campaign",
    "editions": "the rules that judged a campaign",
    "erasures": "counts; nothing says of whom",
    "inbound": "what the operator set up",
    "inbound_posts": "how posting goes",
    "inbound_once": "SHA-256 of posts, forgotten within days",
    "kept": "counts of a campaign",
    "leases": "processes",
    "link_revisions": "what the sender set up",
    "links": "destinations that the sender set up, or that several people's mails have",
    "mails": "what the sender set up",
    "network_entries": "networks of published lists and the operator's",
    "overrides": "what the sender set up",
    "people_gone": "moments of a campaign",
    "person_secret": "a key",
    "positions": "positions of consumers",
    "privacy": "what the operator set up",
    "report_keys": "keys of hashes",
    "retention_runs": "when old rows were removed",
    "rules_editions": "the rules that judged",
    "salts": "keys, deleted after two days",
    "sessions": "who is signed in to the pages",
    "shares": "what the operator set up",
    "shelves": "generations of a campaign",
    "site_days": "counts of a site",
    "site_positions": "a count of events",
    "sites": "what the sender set up",
    "sign_in_links": "who may sign in to the pages",
    "signing_keys": "fingerprints of keys",
    "spool_cursors": "how far files were read",
    "webhook_postings": "how posting goes",
    "webhook_posts": "how posting goes",
    "webhooks": "what the operator set up",
    "wordings": "texts of the choice page",
    "workers": "processes",
}
"""Tables that hold nothing of the people who get mail, and what they hold."""


def erase_from(
    connection: sqlite3.Connection,
    erasers: Sequence[Eraser],
    recipients: Sequence[str],
    campaigns: Mapping[str, Sequence[str]] = {},
    cases: Sequence[Case] = (),
) -> dict[str, int]:
    """Let these erasers delete these people. Returns how many rows were theirs, by table."""
    people = People(recipients, campaigns, cases)
    return {eraser.table: eraser.erase(connection, people) for eraser in erasers}
