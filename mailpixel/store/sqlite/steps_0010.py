"""The schema, steps from 10 on. A released step is never changed."""

from secrets import token_bytes

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.standing_step import STANDING_STEP, standing_by_marks
from mailpixel.store.sqlite.steps_0001 import STEPS, run
from mailpixel.store.tombstones import SECRET_BYTES


@STEPS(name="0010_seen_urls")
def _seen_urls(db: Admin) -> None:
    """Keyed sightings of destinations in mail, and how many became links; an index finds a link by destination.

    A sighting is remembered until a second recipient's mail has the destination.
    """
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
    """Campaigns whose links changed, and an index of the clicks this concerns: those that carried a destination.

    Appending other events costs no more.
    """
    run(
        db,
        "alter table campaigns add column relinked integer not null default 0",
        "create index relinked_campaigns on campaigns (id) where relinked = 1",
        "create index events_that_carried on events (campaign, destination, recipient) where destination is not null",
    )


@STEPS(name="0012_noted")
def _noted(db: Admin) -> None:
    """The position up to which the campaigns of each person are noted.

    A fold of an older release, which moves only the position, may still run or have run. So everything is
    noted once more here, and from now on such a fold is detected.
    """
    run(
        db,
        "alter table checkpoint add column noted integer not null default 0",
        "insert or ignore into campaigns_of_person select distinct recipient, campaign from events",
        "update checkpoint set noted = (select coalesce(max(position), 0) from events)",
    )


@STEPS(name="0013_editions")
def _editions(db: Admin) -> None:
    """The edition of the rules that judged each campaign; unknown for all existing ones."""
    run(
        db,
        "create table editions (campaign text primary key, edition text not null) without rowid",
        "insert into editions select campaign, 'earlier' from shelves where live = 1",
    )


@STEPS(name="0014_consumers")
def _consumers(db: Admin) -> None:
    """A lease and a position for each consumer of the log, by name. The fold is the first.

    `folded` holds what only the fold must notice: erasures, replacements, and the position up to which the
    campaigns of each person are noted.

    A service of the previous release may still run. It finds its tables as views. While its last
    lease lasts it reads correct values and moves its position with the states it saves. Then it
    is refused a new lease and waits.
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
    """Who was erased up to when, by a hash keyed with this file's secret, and erased texts still to overwrite.

    The texts are overwritten wherever the file keeps a copy. `lifted_ms` is null until the erasure is lifted.
    """
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
    """The standing of each recipient, with an index; the client of the first human open; counters by day (UTC).

    The client is unknown until a campaign is judged again. A fold of the previous release may still run until
    its last lease ends. It cannot save states, because they have more columns. It cannot put messages aside
    either, because it finds that table as a view. So it saves nothing, and no quarter hour moves without its
    day. If its rebuild has already stored all states, that rebuild is given up.
    """
    db.conn.create_function("standing_by_marks", 1, standing_by_marks, deterministic=True)
    run(db, *STANDING_STEP)


@STEPS(name="0017_knowledge")
def _knowledge(db: Admin) -> None:
    """How many events a state knows, and which rules judged it.

    Both are unknown for existing states, so whatever is judged from now on replaces them. Rules are numbered
    in the order in which they come into force.
    """
    run(
        db,
        "alter table states add column known integer not null default 0",
        "alter table states add column edition integer not null default 0",
        "create table rules_editions (number integer primary key autoincrement, rules text not null)",
    )


__all__ = ["STEPS"]
