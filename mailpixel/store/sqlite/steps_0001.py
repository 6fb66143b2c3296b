"""The schema, steps 1 to 9. A released step is never changed."""

from sqlite_utils import Database as Admin
from sqlite_utils import Migrations

STEPS = Migrations("mailpixel")
"""All steps of the schema in order."""


def run(db: Admin, *statements: str) -> None:
    """Run these statements, in order."""
    for statement in statements:
        db.conn.execute(statement)


@STEPS(name="0001_log")
def _log(db: Admin) -> None:
    """Events and what they refer to. Positions are never used twice, so that a cursor cannot meet another event."""
    run(
        db,
        "create table agents (id integer primary key, agent text not null unique)",
        """create table events (
            position integer primary key autoincrement,
            id blob not null unique,
            kind integer not null,
            campaign text not null,
            recipient text not null,
            link integer,
            destination text,
            method text,
            address text,
            agent integer not null references agents (id),
            facts integer not null
        )""",
        "create index events_of_message on events (campaign, recipient)",
        """create table overflow (
            campaign text not null,
            recipient text not null,
            day integer not null,
            edge blob not null,
            hits integer not null,
            primary key (campaign, recipient, day, edge)
        ) without rowid""",
    )


@STEPS(name="0002_projections")
def _projections(db: Admin) -> None:
    """What is folded from the log.

    A shelf is one complete set of states and counters of a campaign. Readers see the live one; a rebuild
    fills another before it replaces the live one.
    """
    run(
        db,
        """create table checkpoint (
            only integer primary key check (only = 1),
            position integer not null,
            erasures integer not null,
            replacements integer not null
        )""",
        "insert into checkpoint values (1, 0, 0, 0)",
        """create table shelves (
            id integer primary key autoincrement,
            campaign text not null,
            live integer not null
        )""",
        "create unique index live_shelf on shelves (campaign) where live = 1",
        """create table states (
            shelf integer not null,
            recipient text not null,
            marks blob not null,
            delivered_at_ms integer,
            opted_out integer not null,
            first_human_open_at_ms integer,
            first_human_click_at_ms integer,
            last_event_at_ms integer,
            primary key (shelf, recipient)
        ) without rowid""",
        """create table counters (
            shelf integer not null,
            bucket_ms integer not null,
            link integer not null,
            measure text not null,
            number integer not null,
            primary key (shelf, bucket_ms, link, measure)
        ) without rowid""",
    )


REGISTRY = (
    "create table registry (only integer primary key check (only = 1), revision integer not null)",
    "insert into registry values (1, 0)",
    """create table campaigns (
            id text primary key,
            name text not null,
            sent_at_ms integer,
            sent integer,
            base_url text,
            stale integer not null,
            revision integer not null
        ) without rowid""",
    "create index campaigns_by_revision on campaigns (revision)",
    "create index stale_campaigns on campaigns (id) where stale = 1",
    """create table links (
            campaign text not null references campaigns (id),
            number integer not null,
            url text not null,
            trap integer not null,
            primary key (campaign, number)
        ) without rowid""",
    """create table link_revisions (
            id integer primary key autoincrement,
            campaign text not null references campaigns (id),
            number integer not null,
            url text not null,
            replaced_at_ms integer not null,
            replaced_by text not null
        )""",
    "create index revisions_of_campaign on link_revisions (campaign)",
    """create table api_keys (
            name text primary key,
            scope text not null,
            digest blob not null,
            created_at_ms integer not null,
            revoked_at_ms integer,
            revision integer not null
        ) without rowid""",
    "create index api_keys_by_revision on api_keys (revision)",
    """create table optouts (
            recipient text primary key,
            opted_out_at_ms integer not null,
            revision integer not null
        ) without rowid""",
    "create index optouts_by_revision on optouts (revision)",
    """create table lease (
            only integer primary key check (only = 1),
            holder text not null,
            expires_at_ms integer not null,
            caught_up_at_ms integer not null
        )""",
    "insert into lease values (1, '', 0, 0)",
)


@STEPS(name="0003_registry")
def _registry(db: Admin) -> None:
    """What people set up. Every change stamps its row with the next revision."""
    run(db, *REGISTRY)


@STEPS(name="0004_passthrough")
def _passthrough(db: Admin) -> None:
    """Names of query parameters that a campaign's links pass on, separated by spaces."""
    run(db, "alter table campaigns add column passthrough text not null default ''")


@STEPS(name="0005_archive")
def _archive(db: Admin) -> None:
    """Campaigns left out of lists, whether links were ever signed for each campaign, and ids of deleted campaigns.

    A running server must forget the deleted ones.
    """
    run(
        db,
        "alter table campaigns add column archived integer not null default 0",
        "alter table campaigns add column signed integer not null default 0",
        "create index campaigns_in_lists on campaigns (archived, id)",
        """create table deleted_campaigns (
            id text primary key,
            revision integer not null
        ) without rowid""",
        "create index deleted_campaigns_by_revision on deleted_campaigns (revision)",
    )


@STEPS(name="0006_signing_keys")
def _signing_keys(db: Admin) -> None:
    """The keys that signed links: ids and fingerprints, no secrets. A removed key keeps its id taken."""
    run(
        db,
        """create table signing_keys (
            id integer primary key,
            fingerprint blob not null,
            removed integer not null
        )""",
    )


# Every shelf that a table uses, jumping from one to the next: there are few shelves and many rows.
USED_SHELVES = """
    with recursive used (shelf) as (
        select min(shelf) from {table}
        union all
        select (select min(shelf) from {table} where shelf > used.shelf)
        from used where used.shelf is not null
    )
    select shelf, '', -1 from used where shelf is not null and shelf not in (select id from shelves)
"""


@STEPS(name="0007_left_shelves")
def _left_shelves(db: Admin) -> None:
    """A shelf that waits to be swept keeps its row, with live -1, so that a sweep finds it without a search.

    Shelves left without a row by a killed rebuild get one again.
    """
    adopt = "insert into shelves (id, campaign, live) "
    run(
        db,
        "create index unfinished_shelves on shelves (live) where live < 1",
        adopt + USED_SHELVES.format(table="states"),
        adopt + USED_SHELVES.format(table="counters"),
    )


@STEPS(name="0008_put_aside")
def _put_aside(db: Admin) -> None:
    """Messages that could not be judged, with the kind of error. They do not keep others from being counted."""
    run(
        db,
        """create table put_aside (
            campaign text not null,
            recipient text not null,
            error text not null,
            primary key (campaign, recipient)
        ) without rowid""",
    )


@STEPS(name="0009_campaigns_of_person")
def _campaigns_of_person(db: Admin) -> None:
    """The campaigns that a person has events of, filled from the whole log. The fold keeps it up to date."""
    run(
        db,
        """create table campaigns_of_person (
            recipient text not null,
            campaign text not null,
            primary key (recipient, campaign)
        ) without rowid""",
        "insert into campaigns_of_person select distinct recipient, campaign from events order by 1, 2",
    )
