"""The schema as numbered steps, from the first release on. A step is never changed once it was released.

All pending steps and the record of each are written in one transaction that holds the write lock, so several
processes may start at once on a new file, and a crash leaves the schema as it was.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from secrets import token_bytes

from sqlite_utils import Database as Admin
from sqlite_utils import Migrations

from mailpixel.errors import StoreUnavailable
from mailpixel.store.sqlite.database import (
    BUSY_MS,
    REFUSALS,
    WRITE_PROTECTED,
    code_of,
    connect,
    connect_frozen,
    make_file,
)
from mailpixel.store.sqlite.standing_step import STANDING_STEP, standing_by_marks
from mailpixel.store.tombstones import SECRET_BYTES

STEPS = Migrations("mailpixel")
PAUSE_S = 0.05


@STEPS(name="0001_log")
def _log(db: Admin) -> None:
    """Events and what they refer to. Positions are never used twice, or a cursor could meet another event."""
    _run(
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
    """What is folded from the log. A shelf is one whole set of states and counters of a campaign: readers
    see the live one, and a rebuild fills another before it takes its place."""
    _run(
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
    _run(db, *REGISTRY)


@STEPS(name="0004_passthrough")
def _passthrough(db: Admin) -> None:
    """Names of query parameters that a campaign's links hand on, with a space between them."""
    _run(db, "alter table campaigns add column passthrough text not null default ''")


@STEPS(name="0005_archive")
def _archive(db: Admin) -> None:
    """Campaigns that lists leave out; whether links were ever signed for one; and the ids of deleted ones, which
    a running server must forget."""
    _run(
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
    """The keys that signed links: ids and fingerprints, no secrets. A removed one stays, so that its id stays taken."""
    _run(
        db,
        """create table signing_keys (
            id integer primary key,
            fingerprint blob not null,
            removed integer not null
        )""",
    )


# Every shelf that a table uses, hopping from one to the next: there are few shelves and many rows.
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
    """A shelf that waits to be swept keeps its row, with live -1, so that nobody needs to look for it. Shelves left
    without a row, by a rebuild that was killed, get one again."""
    adopt = "insert into shelves (id, campaign, live) "
    _run(
        db,
        "create index unfinished_shelves on shelves (live) where live < 1",
        adopt + USED_SHELVES.format(table="states"),
        adopt + USED_SHELVES.format(table="counters"),
    )


@STEPS(name="0008_put_aside")
def _put_aside(db: Admin) -> None:
    """Messages that could not be judged, with the kind of error: they keep nobody else from being counted."""
    _run(
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
    """Which campaigns a person has events of, kept by the fold; here from the whole log."""
    _run(
        db,
        """create table campaigns_of_person (
            recipient text not null,
            campaign text not null,
            primary key (recipient, campaign)
        ) without rowid""",
        "insert into campaigns_of_person select distinct recipient, campaign from events order by 1, 2",
    )


@STEPS(name="0010_seen_urls")
def _seen_urls(db: Admin) -> None:
    """What is remembered, keyed, of destinations in mail until a second recipient's mail has them, and how many became
    links that way. A link is found by its destination."""
    _run(
        db,
        """create table seen_urls (
            campaign text not null,
            slot integer not null,
            mark blob not null,
            reader blob not null,
            primary key (campaign, slot)
        ) without rowid""",
        "alter table campaigns add column met_links integer not null default 0",
        "create index links_by_url on links (campaign, url)",
    )


@STEPS(name="0011_relinked")
def _relinked(db: Admin) -> None:
    """Campaigns whose links changed, and an index of the clicks that this may concern: those that carried their
    destination. Other events cost nothing more to append."""
    _run(
        db,
        "alter table campaigns add column relinked integer not null default 0",
        "create index relinked_campaigns on campaigns (id) where relinked = 1",
        "create index events_that_carried on events (campaign, destination, recipient) where destination is not null",
    )


@STEPS(name="0012_noted")
def _noted(db: Admin) -> None:
    """How far along the log it is noted which campaigns a person has events of. A fold of a release that notes nothing
    may still run, or have run, and moves the position alone; so it is noted once more, and from here on seen."""
    _run(
        db,
        "alter table checkpoint add column noted integer not null default 0",
        "insert or ignore into campaigns_of_person select distinct recipient, campaign from events",
        "update checkpoint set noted = (select coalesce(max(position), 0) from events)",
    )


@STEPS(name="0013_editions")
def _editions(db: Admin) -> None:
    """By which edition of the rules each campaign was judged; here all by an unknown one."""
    _run(
        db,
        "create table editions (campaign text primary key, edition text not null) without rowid",
        "insert into editions select campaign, 'earlier' from shelves where live = 1",
    )


@STEPS(name="0014_consumers")
def _consumers(db: Admin) -> None:
    """A lease and a position for each consumer of the log, by its name; the fold is the first. `folded` is what the
    fold alone must notice: erasures, replacements, and how far it is noted which campaigns a person has events of.

    A service of the release before may still run. It finds its tables as views: it reads what is so and moves its
    position, with the states it saves, while its last lease lasts. Then it is refused another and waits, for ever.
    """
    _run(
        db,
        """create table leases (
            consumer text primary key,
            holder text not null,
            expires_at_ms integer not null,
            caught_up_at_ms integer not null
        ) without rowid""",
        "insert into leases select 'fold', holder, expires_at_ms, caught_up_at_ms from lease",
        "create table positions (consumer text primary key, position integer not null) without rowid",
        "insert into positions select 'fold', position from checkpoint",
        """create table folded (
            only integer primary key check (only = 1),
            erasures integer not null,
            replacements integer not null,
            noted integer not null
        )""",
        "insert into folded select 1, erasures, replacements, noted from checkpoint",
        "drop table lease",
        "create view lease as select 1 as only, holder, expires_at_ms, caught_up_at_ms"
        " from leases where consumer = 'fold'",
        """create trigger drop_lease instead of update on lease begin
            update leases set expires_at_ms = 0
            where consumer = 'fold' and holder = old.holder and new.expires_at_ms = 0;
        end""",
        "drop table checkpoint",
        "create view checkpoint as select 1 as only, position, erasures, replacements, noted"
        " from positions, folded where consumer = 'fold'",
        """create trigger move_checkpoint instead of update on checkpoint begin
            update positions set position = new.position where consumer = 'fold';
            update folded set erasures = new.erasures, replacements = new.replacements, noted = new.noted;
        end""",
    )


@STEPS(name="0015_tombstones")
def _tombstones(db: Admin) -> None:
    """Who was erased up to when, by a hash keyed with this file's own secret, and texts of erased people that are still
    to be overwritten wherever the file keeps a copy of them. `lifted_ms` is null until the erasure is lifted."""
    _run(
        db,
        "create table person_secret (only integer primary key check (only = 1), secret blob not null)",
        """create table suppressed (
            person8 blob primary key,
            at_ms integer not null,
            lifted_ms integer
        ) without rowid""",
        "create index suppressed_by_moment on suppressed (at_ms)",
        "create table unswept (text text not null)",
    )
    db.conn.execute("insert into person_secret values (1, ?)", (token_bytes(SECRET_BYTES),))


@STEPS(name="0016_standing")
def _standing(db: Admin) -> None:
    """What is known of each recipient, with an index; the client of the first human hit, unknown until a campaign is
    judged again; and counters by day (UTC).

    A fold of the release before may still run, until its last lease ends. It can put no state, as states have more
    columns, and puts no message aside for that, as it finds that table as a view: so it saves nothing, and moves no
    quarter hour past its day. A rebuild of it that has put all its states already is given up.
    """
    db.conn.create_function("standing_by_marks", 1, standing_by_marks, deterministic=True)
    _run(db, *STANDING_STEP)


@STEPS(name="0017_knowledge")
def _knowledge(db: Admin) -> None:
    """How many events a state knows, and by which rules: not known of those that are there, so whatever is judged from
    now on takes their place. Rules are numbered in the order in which they come into force."""
    _run(
        db,
        "alter table states add column known integer not null default 0",
        "alter table states add column edition integer not null default 0",
        "create table rules_editions (number integer primary key autoincrement, rules text not null)",
    )


def migrate(path: Path | str, busy_ms: int = BUSY_MS, steps: Migrations = STEPS) -> None:
    """Bring the file to the newest schema; makes it, for its owner alone, when it is missing.

    A file that may only be read has to have that schema. Raises `StoreUnavailable` when it has not, when the file
    cannot be read, and when it was written by a newer mailpixel.
    """
    path = Path(path)
    try:
        make_file(path)
    except OSError as error:
        raise StoreUnavailable(f"the database {REFUSALS[sqlite3.SQLITE_CANTOPEN]}") from error
    try:
        try:
            with closing(connect(path, "rw", busy_ms)) as connection:
                _set_wal(connection, busy_ms)
                _apply(Admin(connection), steps)
        except sqlite3.DatabaseError as error:
            if code_of(error) not in WRITE_PROTECTED:
                raise
            _check_read_only(path, busy_ms, steps, error)
    except sqlite3.DatabaseError as error:
        reason = REFUSALS.get(code_of(error))
        if reason is None:
            raise
        raise StoreUnavailable(f"the database {reason}") from error


def _check_read_only(path: Path, busy_ms: int, steps: Migrations, error: sqlite3.DatabaseError) -> None:
    with closing(connect_frozen(path, busy_ms, error)) as connection:
        db = Admin(connection)
        _refuse_newer(db, steps)
        if steps.pending(db):
            raise StoreUnavailable(
                "the database was written by an older mailpixel and may only be read; let its owner run a command once"
            )


def _apply(db: Admin, steps: Migrations) -> None:
    _refuse_newer(db, steps)
    if not steps.pending(db):
        return
    db.conn.execute("begin immediate")
    try:
        steps.apply(db)
        _refuse_newer(db, steps)
    except BaseException:
        db.conn.rollback()
        raise
    db.conn.commit()


def _refuse_newer(db: Admin, steps: Migrations) -> None:
    known = {step.name for step in steps.pending(Admin(memory=True))}
    unknown = sorted({step.name for step in steps.applied(db)} - known)
    if unknown:
        raise StoreUnavailable(
            f"the database was written by a newer mailpixel (step {unknown[-1]}); update this one to use it"
        )


def _set_wal(connection: sqlite3.Connection, busy_ms: int) -> None:
    """Switch the file to its write-ahead log; SQLite does not wait for others here, so we do."""
    deadline = time.monotonic() + busy_ms / 1000
    while True:
        try:
            connection.execute("pragma journal_mode = wal").fetchall()
            return
        except sqlite3.OperationalError as error:
            if code_of(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)


def _run(db: Admin, *statements: str) -> None:
    for statement in statements:
        db.conn.execute(statement)
