"""What every registry must do for shares, and when a share shows something."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailpixel.bearer import digest_of
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.shares import EVERYTHING, MOST_DAYS, Terms, add_share, open_share, share_urls
from mailpixel.store.registry import Registry
from mailpixel.store.shares import Share, SharePart
from tests.support.builders import a_campaign
from tests.support.stores import REGISTRIES, a_registry

NOW = datetime(2026, 11, 25, 12, 30, 15, 678_000, tzinfo=UTC)
PAGE, CSV = SharePart.PAGE, SharePart.CSV


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        made.add_campaign(a_campaign())
        made.add_campaign(a_campaign("draft", sent=None, sent_at=None))
        yield made


def test_a_share_reads_as_it_was_added_and_its_key_is_not_kept(registry: Registry) -> None:
    share, key = add_share(registry, "spring", "boss", NOW + timedelta(microseconds=7), Terms(days=3))
    assert share == Share(
        "spring", digest_of(key), EVERYTHING, "boss", NOW, NOW + timedelta(days=3), id=1, revoked_at=None
    )
    assert registry.shares() == [share]
    assert registry.share_with(digest_of(key)) == share
    assert registry.share_with(digest_of("another")) is None


def test_shares_are_listed_by_number_and_by_campaign(registry: Registry) -> None:
    made = [add_share(registry, campaign, "cli", NOW)[0] for campaign in ("spring", "draft", "spring")]
    assert registry.shares() == made
    assert registry.shares("spring") == [made[0], made[2]]
    assert registry.shares(after=made[0].id, limit=1) == [made[1]]
    assert registry.shares("autumn") == []


def test_the_latest_shares_come_first_and_no_more_than_asked_for(registry: Registry) -> None:
    made = [add_share(registry, campaign, "cli", NOW)[0] for campaign in ("spring", "draft", "spring")]
    registry.revoke_share(made[2].id, NOW)
    assert [share.id for share in registry.latest_shares()] == [3, 2, 1]
    assert registry.latest_shares(limit=2) == registry.latest_shares()[:2]
    assert [share.id for share in registry.latest_shares("spring")] == [3, 1]
    assert [share.id for share in registry.latest_shares("spring", 1)] == [3]
    assert registry.latest_shares("autumn") == []


def test_an_unknown_campaign_has_no_share(registry: Registry) -> None:
    with pytest.raises(NotFound, match="'autumn'"):
        add_share(registry, "autumn", "cli", NOW)


def test_a_share_is_open_until_it_expires(registry: Registry) -> None:
    share, key = add_share(registry, "spring", "cli", NOW, Terms(days=1))
    last = NOW + timedelta(days=1) - timedelta(milliseconds=1)
    assert open_share(registry, key, PAGE, NOW) == open_share(registry, key, CSV, last) == share
    assert open_share(registry, key, PAGE, NOW + timedelta(days=1)) is None
    assert [share.state(NOW), share.state(NOW + timedelta(days=1))] == ["open", "expired"]


def test_a_revoked_share_shows_nothing_and_stays_revoked_since_the_first_time(registry: Registry) -> None:
    share, key = add_share(registry, "spring", "cli", NOW)
    other, other_key = add_share(registry, "spring", "cli", NOW)
    revoked = registry.revoke_share(share.id, NOW + timedelta(hours=1))
    assert revoked.revoked_at == NOW + timedelta(hours=1)
    assert registry.revoke_share(share.id, NOW + timedelta(hours=2)) == revoked
    assert revoked.state(NOW) == "revoked"
    assert open_share(registry, key, PAGE, NOW) is None
    assert open_share(registry, other_key, PAGE, NOW) == other
    with pytest.raises(NotFound, match="share 77"):
        registry.revoke_share(77, NOW)


def test_a_share_of_one_part_shows_no_other(registry: Registry) -> None:
    share, key = add_share(registry, "spring", "cli", NOW, Terms(parts=frozenset({CSV})))
    assert (open_share(registry, key, PAGE, NOW), open_share(registry, key, CSV, NOW)) == (None, share)


@pytest.mark.parametrize("key", ["", "x", "a" * 42, "a" * 44, "a" * 100_000, "é" * 43, "a" * 42 + "\n"])
def test_what_is_no_key_opens_nothing(registry: Registry, key: str) -> None:
    assert open_share(registry, key, PAGE, NOW) is None


@pytest.mark.parametrize("days", [-1, 0, MOST_DAYS + 1, 10**30])
def test_a_share_always_ends(days: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 366"):
        Terms(days=days)


def test_a_share_shows_something() -> None:
    with pytest.raises(InvalidInput, match="csv, page"):
        Terms(parts=frozenset())


def test_the_shares_of_a_deleted_campaign_are_gone(registry: Registry) -> None:
    kept, _ = add_share(registry, "spring", "cli", NOW)
    _, key = add_share(registry, "draft", "cli", NOW)
    registry.delete_campaign("draft")
    registry.add_campaign(a_campaign("draft", sent=None, sent_at=None))
    assert registry.shares() == [kept]
    assert open_share(registry, key, PAGE, NOW) is None


def test_a_share_has_an_address_for_people_and_one_for_spreadsheets(registry: Registry) -> None:
    both, key = add_share(registry, "spring", "cli", NOW)
    assert share_urls("https://t.example/m/", both, key) == {
        PAGE: f"https://t.example/m/s/{key}",
        CSV: f"https://t.example/m/s/{key}.csv",
    }
    sheet, key = add_share(registry, "spring", "cli", NOW, Terms(parts=frozenset({CSV})))
    assert share_urls("https://t.example", sheet, key) == {CSV: f"https://t.example/s/{key}.csv"}
