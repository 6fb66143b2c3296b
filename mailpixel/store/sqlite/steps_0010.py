"""The schema, steps 10 and on. A step is never changed once it was released."""

from secrets import token_bytes

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.standing_step import STANDING_STEP, standing_by_marks
from mailpixel.store.sqlite.steps_0001 import STEPS, run
from mailpixel.store.tombstones import SECRET_BYTES


@STEPS(name="0010_seen_urls")
def _seen_urls(db: Admin) -> None:
    """What is remembered, keyed, of destinations in mail until a second recipient's mail has them, and how many became
    links that way. A link is found by its destination."""
    run(
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
    run(
        db,
        "alter table campaigns add column relinked integer not null default 0",
        "create index relinked_campaigns on campaigns (id) where relinked = 1",
        "create index events_that_carried on events (campaign, destination, recipient) where destination is not null",
    )


@STEPS(name="0012_noted")
def _noted(db: Admin) -> None:
    """How far along the log it is noted which campaigns a person has events of. A fold of a release that notes nothing
    may still run, or have run, and moves the position alone; so it is noted once more, and from here on seen."""
    run(
        db,
        "alter table checkpoint add column noted integer not null default 0",
        "insert or ignore into campaigns_of_person select distinct recipient, campaign from events",
        "update checkpoint set noted = (select coalesce(max(position), 0) from events)",
    )


@STEPS(name="0013_editions")
def _editions(db: Admin) -> None:
    """By which edition of the rules each campaign was judged; here all by an unknown one."""
    run(
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
    run(
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
    run(
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
    """What is known of each recipient, with an index; the client of the first human open, unknown until a campaign is
    judged again; and counters by day (UTC).

    A fold of the release before may still run, until its last lease ends. It can put no state, as states have more
    columns, and puts no message aside for that, as it finds that table as a view: so it saves nothing, and moves no
    quarter hour past its day. A rebuild of it that has put all its states already is given up.
    """
    db.conn.create_function("standing_by_marks", 1, standing_by_marks, deterministic=True)
    run(db, *STANDING_STEP)


@STEPS(name="0017_knowledge")
def _knowledge(db: Admin) -> None:
    """How many events a state knows, and by which rules: not known of those that are there, so whatever is judged from
    now on takes their place. Rules are numbered in the order in which they come into force."""
    run(
        db,
        "alter table states add column known integer not null default 0",
        "alter table states add column edition integer not null default 0",
        "create table rules_editions (number integer primary key autoincrement, rules text not null)",
    )


__all__ = ["STEPS"]
