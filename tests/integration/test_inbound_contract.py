"""What every registry must do with sources of delivery reports."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailpixel.errors import Conflict, NotFound
from mailpixel.store.inbound import InboundPosts, InboundSource
from mailpixel.store.registry import Registry
from tests.support.builders import SENT_AT
from tests.support.stores import REGISTRIES, a_registry

POSTMARK = InboundSource("postmark-live", "postmark", b"sealed", SENT_AT)
SES = InboundSource("ses-live", "ses", b"other", SENT_AT)
ONE, TWO = b"1" * 32, b"2" * 32


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        yield made


def test_sources_are_added_listed_in_order_and_removed(registry: Registry) -> None:
    for source in (SES, POSTMARK):
        registry.add_inbound(source)
    assert (registry.inbound("ses-live"), list(registry.inbounds())) == (SES, [POSTMARK, SES])
    with pytest.raises(Conflict, match="'ses-live'"):
        registry.add_inbound(replace(SES, esp="mailgun"))
    registry.remove_inbound("ses-live")
    assert list(registry.inbounds()) == [POSTMARK]
    for ask in (registry.inbound, registry.remove_inbound):
        with pytest.raises(NotFound, match="'ses-live'"):
            ask("ses-live")


def test_a_confirmation_is_kept_until_it_is_forgotten(registry: Registry) -> None:
    registry.add_inbound(SES)
    registry.keep_confirmation("ses-live", "https://sns.example/")
    assert registry.inbound("ses-live") == replace(SES, confirm_url="https://sns.example/")
    registry.keep_confirmation("ses-live", "")
    assert registry.inbound("ses-live") == SES
    with pytest.raises(NotFound):
        registry.keep_confirmation("other", "x")


def test_the_last_post_that_was_taken_and_the_last_that_was_refused_are_kept(registry: Registry) -> None:
    registry.add_inbound(SES)
    assert registry.inbound_posts() == {}
    registry.note_inbound_post("ses-live", 1_000, "forged")
    registry.note_inbound_post("other", 1_000)
    assert registry.inbound_posts() == {"ses-live": InboundPosts(None, 1_000, "forged")}
    assert registry.inbound_posts()["ses-live"].are_all_refused
    registry.note_inbound_post("ses-live", 2_000)
    registry.note_inbound_post("ses-live", 3_000, "stale")
    assert registry.inbound_posts() == {"ses-live": InboundPosts(2_000, 3_000, "stale")}
    assert not registry.inbound_posts()["ses-live"].are_all_refused
    registry.remove_inbound("ses-live")
    registry.add_inbound(SES)
    assert registry.inbound_posts() == {}


def test_what_may_come_once_is_first_again_only_with_the_same_body_until_it_is_forgotten(
    registry: Registry,
) -> None:
    registry.add_inbound(SES)
    assert registry.is_first("ses-live", ONE, ONE, 1_000, 500)
    assert registry.is_first("ses-live", ONE, ONE, 1_000, 600)
    assert not registry.is_first("ses-live", ONE, TWO, 1_000, 700)
    assert registry.is_first("ses-live", TWO, TWO, 1_000, 700)
    assert registry.is_first("postmark-live", ONE, TWO, 1_000, 700)
    assert not registry.is_first("ses-live", ONE, TWO, 2_000, 1_000)
    assert registry.is_first("ses-live", ONE, TWO, 2_000, 1_001)
    registry.remove_inbound("ses-live")
    assert registry.is_first("ses-live", ONE, ONE, 2_000, 1_001)
