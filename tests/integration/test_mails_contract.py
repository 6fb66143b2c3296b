"""What every registry must do with kept mails, run on each of them."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailpixel.errors import NotFound
from mailpixel.store.mails import MAIL_BYTES, KeptMail, KeptPlace, LeftAlone
from mailpixel.store.registry import Registry
from tests.support.builders import a_campaign
from tests.support.stores import REGISTRIES, a_registry

NOW = datetime(2026, 11, 25, 12, 30, 15, 678_000, tzinfo=UTC)
MAIL = KeptMail(
    "spring",
    "<p>Grüße <a href='https://shop.example/'>Laden</a>".encode("cp1252"),
    "cp1252",
    (KeptPlace(19, 40, 1, "https://shop.example/"), KeptPlace(50, 60, None, "https://shop.example/é")),
    (LeftAlone("mailto:x@shop.example", "scheme"),),
    by_place=True,
    registered_at=NOW,
    registered_by="writer",
)


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        made.add_campaign(a_campaign(sent=None, sent_at=None))
        yield made


def test_a_kept_mail_reads_as_it_was_and_another_takes_its_place(registry: Registry) -> None:
    assert (registry.kept_mail("spring"), registry.campaigns_with_mail()) == (None, [])
    registry.keep_mail(replace(MAIL, registered_at=NOW + timedelta(microseconds=9)))
    assert registry.kept_mail("spring") == MAIL
    assert MAIL.text == "<p>Grüße <a href='https://shop.example/'>Laden</a>"
    assert MAIL.sha256 == hashlib.sha256(MAIL.html).digest()
    large = replace(MAIL, html=b"\0" * MAIL_BYTES, charset="utf-8", places=(), left_alone=(), by_place=False)
    registry.keep_mail(large)
    assert (registry.kept_mail("spring"), registry.campaigns_with_mail()) == (large, ["spring"])


def test_a_dropped_mail_is_gone_and_dropping_it_again_changes_nothing(registry: Registry) -> None:
    registry.keep_mail(MAIL)
    registry.drop_mail("spring")
    registry.drop_mail("spring")
    assert (registry.kept_mail("spring"), registry.campaigns_with_mail()) == (None, [])


def test_only_a_campaign_that_is_there_has_a_mail(registry: Registry) -> None:
    with pytest.raises(NotFound, match="'autumn'"):
        registry.keep_mail(replace(MAIL, campaign="autumn"))
    with pytest.raises(NotFound, match="'autumn'"):
        registry.kept_mail("autumn")
    with pytest.raises(NotFound, match="'autumn'"):
        registry.drop_mail("autumn")


def test_a_deleted_campaign_leaves_no_mail(registry: Registry) -> None:
    registry.keep_mail(MAIL)
    registry.delete_campaign("spring")
    assert registry.campaigns_with_mail() == []
    registry.add_campaign(a_campaign())
    assert registry.kept_mail("spring") is None
