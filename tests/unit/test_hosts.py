"""Hosts that are this very machine, and what is said of a base URL that no reader can reach."""

import logging
from pathlib import Path

import pytest

from mailpixel import create_keyring
from mailpixel.dropins.campaigns import campaigns_of
from mailpixel.errors import InvalidInput
from mailpixel.links.hosts import is_loopback, is_this_machine, warning_of
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.model import Campaign
from mailpixel.report.moments import from_iso, from_ms
from mailpixel.store.memory import MemoryRegistry

LOOPBACK = (
    "localhost", "LocalHost", "localhost.", "shop.localhost", "127.0.0.1", "127.8.9.10", "127.1", "2130706433",
    "0x7f.1", "::1", "[::1]", "::ffff:127.0.0.1",
)  # fmt: skip
ELSEWHERE = (
    "t.example",
    "localhost.example",
    "mylocalhost",
    "10.0.0.1",
    "192.168.1.7",
    "::2",
    "1.example",
    "",
)


def test_this_machine_alone_is_loopback() -> None:
    assert [host for host in LOOPBACK if not is_loopback(host)] == []
    assert [host for host in (*ELSEWHERE, "0.0.0.0", "::") if is_loopback(host)] == []


def test_a_base_url_of_this_machine_is_known_in_any_spelling() -> None:
    own = [
        f"http://[{host}]:8025" if ":" in host and "[" not in host else f"http://{host}:8025/x"
        for host in LOOPBACK
    ]
    assert [url for url in (*own, "https://0.0.0.0", "http://[::]/") if not is_this_machine(url)] == []
    assert [
        url
        for url in (*(f"https://{host}/" for host in ELSEWHERE[:5]), "", "x", "http://[")
        if is_this_machine(url)
    ] == []


def test_the_warning_names_both_remedies() -> None:
    said = warning_of("http://127.0.0.1:8025", "c1")
    assert "MAILPIXEL_BASE_URL" in said
    assert "give campaign c1 its own base URL" in said
    assert "\n" not in said
    assert warning_of("https://t.example", "c1") == ""


def test_drop_ins_warn_once_and_only_of_campaigns_that_are_signed_for_this_machine(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    registry = MemoryRegistry()
    registry.add_campaign(Campaign("own", "Own", base_url="https://t.example"))
    registry.add_campaign(Campaign("c1", "One"))
    campaigns = campaigns_of(
        registry, create_keyring(tmp_path / "k"), RewriteOptions("http://localhost:8025")
    )
    campaigns("own")
    assert caplog.messages == []
    campaigns("c1")
    campaigns("c1")
    assert caplog.messages == [warning_of("http://localhost:8025", "c1")]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2100-01-02", "must be a moment in the years 2000 to 2099; this is too late"),
        ("9999-12-31T23:59:59Z", "must be a moment in the years 2000 to 2099; this is too late"),
        ("1999-12-31T23:59:59Z", "must be a moment in the years 2000 to 2099; this is too early"),
        ("0001-01-01T00:00:00+14:00", "must be a moment in the years 2000 to 2099; this is too early"),
        ("21000102", "must be a moment in the years 2000 to 2099; this is too late"),
        ("soon", "must be a date, or a date and time like 2026-11-25T09:00:00Z"),
    ],
)
def test_a_moment_out_of_bounds_is_refused_in_words_that_fit_a_date(text: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as error:
        from_iso(text, "sent_at")
    assert error.value.problem == problem


@pytest.mark.parametrize(
    ("number", "side", "looks"),
    [
        (1_764_000_000, "early", ", and this one looks like seconds"),
        (0, "early", ""),
        (-1, "early", ""),
        (1_764_000_000_000_000, "late", ", and this one looks like microseconds"),
        (1_764_000_000_000_000_000, "late", ", and this one looks like nanoseconds"),
        (4_102_444_800_000, "late", ""),
        (4_200_000_000, "early", ""),
    ],
)
def test_a_number_out_of_bounds_is_refused_with_the_unit_it_seems_to_have(
    number: int, side: str, looks: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        from_ms(number, "sent_at")
    years = "must be a moment in the years 2000 to 2099"
    said = f"{years}; this is too {side} (a number is milliseconds since 1970{looks})"
    assert error.value.problem == said
