"""What every registry must do for those who sign in."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailpixel.store.registry import Registry
from mailpixel.store.sign_ins import Session, SignInLink
from tests.support.stores import REGISTRIES, a_registry

NOW = datetime(2026, 11, 25, 12, 30, 15, 678_000, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
TONIGHT = NOW + timedelta(hours=12)
LINK = SignInLink(b"link", "anna", "read", LATER)
SESSION = Session(b"cookie", "reporting", "write", b"key", TONIGHT)


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        yield made


def test_a_link_is_there_until_it_expires(registry: Registry) -> None:
    registry.add_sign_in_link(LINK, NOW)
    assert registry.sign_in_link(b"link", LATER - timedelta(milliseconds=1)) == LINK
    assert registry.sign_in_link(b"link", LATER) is None
    assert registry.sign_in_link(b"other", NOW) is None
    assert registry.use_sign_in_link(b"link", b"cookie", TONIGHT, LATER) is None


def test_a_used_link_begins_one_session_and_is_gone(registry: Registry) -> None:
    registry.add_sign_in_link(LINK, NOW)
    session = Session(b"cookie", "anna", "read", None, TONIGHT)
    assert registry.use_sign_in_link(b"link", b"cookie", TONIGHT, NOW) == session
    assert registry.session(b"cookie", NOW) == session
    assert registry.sign_in_link(b"link", NOW) is None
    assert registry.use_sign_in_link(b"link", b"again", TONIGHT, NOW) is None
    assert registry.session(b"again", NOW) is None


def test_of_many_that_use_a_link_at_once_one_is_signed_in(registry: Registry) -> None:
    registry.add_sign_in_link(LINK, NOW)
    cookies = [b"cookie-%d" % number for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        begun = list(
            pool.map(lambda cookie: registry.use_sign_in_link(b"link", cookie, TONIGHT, NOW), cookies)
        )
    assert [session is None for session in begun].count(False) == 1
    assert sum(registry.session(cookie, NOW) is not None for cookie in cookies) == 1


def test_a_session_lasts_until_it_expires_or_ends(registry: Registry) -> None:
    registry.begin_session(SESSION, NOW)
    assert registry.session(b"cookie", TONIGHT - timedelta(milliseconds=1)) == SESSION
    assert registry.session(b"cookie", TONIGHT) is None
    for _ in range(2):
        registry.end_session(b"cookie")
        assert registry.session(b"cookie", NOW) is None


def test_the_sessions_of_links_of_a_name_end_and_those_of_keys_stay(registry: Registry) -> None:
    registry.begin_session(Session(b"1", "anna", "read", None, TONIGHT), NOW)
    registry.begin_session(Session(b"2", "anna", "read", b"key", TONIGHT), NOW)
    registry.begin_session(Session(b"3", "bert", "read", None, TONIGHT), NOW)
    registry.add_sign_in_link(LINK, NOW)
    assert registry.end_link_sessions("anna") == 1
    assert [registry.session(cookie, NOW) is not None for cookie in (b"1", b"2", b"3")] == [False, True, True]
    assert registry.sign_in_link(b"link", NOW) is None
    assert registry.end_link_sessions("anna") == 0
