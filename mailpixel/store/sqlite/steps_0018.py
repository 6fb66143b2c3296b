"""The schema for pages, shares, webhooks and inbound reports. A released step is never changed."""

from sqlite_utils import Database as Admin

from mailpixel.store.sqlite.steps_0001 import run
from mailpixel.store.sqlite.steps_0010 import STEPS


@STEPS(name="0018_sign_in_links")
def _sign_in_links(db: Admin) -> None:
    """Links that sign a person in once, and sessions. Only the SHA-256 of a link and of a cookie is kept."""
    run(
        db,
        """create table sign_in_links (
            digest blob primary key, name text not null, scope text not null, expires_at_ms integer not null
        ) without rowid""",
        """create table sessions (
            digest blob primary key, name text not null, scope text not null, key blob,
            expires_at_ms integer not null
        ) without rowid""",
        "create index sessions_by_end on sessions (expires_at_ms)",
    )


@STEPS(name="0019_shares")
def _shares(db: Admin) -> None:
    """Addresses that show the figures of one campaign to whoever has them. Only the SHA-256 is kept."""
    run(
        db,
        """create table shares (
            id integer primary key, campaign text not null, digest blob not null unique, parts text not null,
            created_by text not null, created_at_ms integer not null, expires_at_ms integer not null,
            revoked_at_ms integer
        )""",
        "create index shares_of_campaign on shares (campaign)",
    )


@STEPS(name="0020_changes")
def _changes(db: Admin) -> None:
    """The version of each campaign's figures, and indexes for lists with the newest sending first.

    Campaigns without a time of sending come before all others.
    """
    run(
        db,
        "create table changes (campaign text primary key, version integer not null) without rowid",
        "create index changes_by_version on changes (version)",
        "alter table campaigns add column sending_order integer"
        " as (-coalesce(sent_at_ms, 9223372036854775807)) virtual",
        "create index campaigns_by_sending on campaigns (sending_order, id)",
        "create index campaigns_in_lists_by_sending on campaigns (archived, sending_order, id)",
    )


@STEPS(name="0021_mails")
def _mails(db: Admin) -> None:
    """The mail of a campaign as it was registered, for the click map."""
    run(
        db,
        """create table mails (
            campaign text primary key, html blob not null, charset text not null, sha256 blob not null,
            places text not null, left_alone text not null, by_place integer not null,
            registered_at_ms integer not null, registered_by text not null
        )""",
    )


@STEPS(name="0022_webhooks")
def _webhooks(db: Admin) -> None:
    """Receivers of events, how posting to each goes, and the events that a receiver refused."""
    run(
        db,
        """create table webhooks (
            name text primary key, url text not null, events text not null, created_at_ms integer not null,
            secret blob not null, verdicts text not null, campaigns text not null, batch integer not null,
            insecure integer not null, old_secret blob, old_until_ms integer, state text not null,
            stopped_because text not null, start_at text, revision integer not null
        )""",
        """create table webhook_postings (
            webhook text primary key, failures integer not null, failing_since_ms integer, retry_at_ms integer,
            last_outcome text, last_status integer, last_took_ms integer, last_at_ms integer
        ) without rowid""",
        """create table webhook_posts (
            webhook text not null, outcome text not null, number integer not null, primary key (webhook, outcome)
        ) without rowid""",
        """create table webhook_letters (
            webhook text not null, event_id blob not null, campaign text not null, recipient text not null,
            attempts integer not null, next_at_ms integer not null, last_status integer,
            dead integer not null default 0, primary key (webhook, event_id)
        ) without rowid""",
    )


@STEPS(name="0023_inbound")
def _inbound(db: Admin) -> None:
    """Sources of delivery reports, with what proves their posts, and the bounces and complaints of messages."""
    run(
        db,
        "alter table states add column bounced_at_ms integer",
        "alter table states add column bounce_reason integer",
        "alter table states add column complained_at_ms integer",
        """create table inbound (
            name text primary key, esp text not null, secret blob not null, created_at_ms integer not null,
            confirm_url text not null default ''
        )""",
        """create table inbound_once (
            source text not null, once blob not null, body blob not null, until_ms integer not null,
            primary key (source, once)
        ) without rowid""",
        "create index inbound_once_by_end on inbound_once (until_ms)",
    )


__all__ = ["STEPS"]
