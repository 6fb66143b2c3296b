"""Tracking URLs: written into mail, and read from whatever comes back."""

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.links.surfaces import LINK, OPT_OUT, PIXEL
from mailpixel.links.urls import (
    TrackingPath,
    check_base_url,
    click_url,
    merge_click_url,
    optout_url,
    parse_path,
    pixel_url,
)

TOKEN = "AQEBC3NwcmluZy0yMDI2BnItMTAwMQ5wYi_8OKueOCuQ-WMXQ-lQ"


@pytest.mark.parametrize("base_url", ["https://t.example", "https://t.example/"])
def test_urls_hold_base_surface_and_token(base_url: str) -> None:
    assert pixel_url(base_url, "T") == "https://t.example/o/T.gif"
    assert click_url(base_url, "T") == "https://t.example/c/T"
    assert merge_click_url(base_url, "T", 3) == "https://t.example/c/T/3"
    assert optout_url(base_url, "T") == "https://t.example/u/T"


@pytest.mark.parametrize("number", [0, -1, 65_536])
def test_a_link_number_out_of_bounds_is_not_written(number: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 65,535"):
        merge_click_url("https://t.example", "T", number)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://t.example", "https://t.example"),
        (" HTTPS://T.Example:8443// ", "https://t.example:8443"),
        ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
        ("http://[::1]:8025/", "http://[::1]:8025"),
        ("https://t.example/Mail/~x_1/", "https://t.example/Mail/~x_1"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_a_base_url_is_kept_in_one_form(written: str, kept: str) -> None:
    assert check_base_url(written) == kept
    assert check_base_url(kept) == kept


@pytest.mark.parametrize(
    "url",
    [
        "", "t.example", "ftp://t.example", "https://", "https://t.example/?a=1", "https://t.example/#a",
        "https://user@t.example", "https://t.example/a b", "https://t.example/\n", "https://t.example/'",
        'https://t.example/"', "https://t.example/%27", "https://bücher.example", "https://t.example:port",
        "https://t.example/a//b", "https://-t.example", "https://t.example" + "/a" * 300,
    ],
)  # fmt: skip
def test_a_base_url_that_urls_cannot_be_made_with_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="must be http") as refused:
        check_base_url(url)
    assert refused.value.field == "base_url"


@pytest.mark.parametrize(
    ("path", "parsed"),
    [
        (f"/o/{TOKEN}.gif", TrackingPath(PIXEL, TOKEN)),
        (f"/o/{TOKEN}", TrackingPath(PIXEL, TOKEN)),
        (f"/c/{TOKEN}", TrackingPath(LINK, TOKEN)),
        (f"/c/{TOKEN}/1", TrackingPath(LINK, TOKEN, 1)),
        (f"/c/{TOKEN}/65535", TrackingPath(LINK, TOKEN, 65_535)),
        (f"/u/{TOKEN}", TrackingPath(OPT_OUT, TOKEN)),
    ],
)
def test_a_path_as_written_is_read(path: str, parsed: TrackingPath) -> None:
    assert parse_path(path) == parsed


JUNK = [
    ".", ",", ")", ">", "]", ";", ":", "!", "*", ").", "),", "!!!", "...", ".)",
    "&", "&amp;", "&amp;utm_source=x", "&utm_source=x&y=/z", "&amp;amp;x=1", "?utm_source=x", "#top", "?",
    '"', '">click here</a>', "<br>", "> wrote", " ", "\n", "\r\nnext line", "\t", "\u00a0", "…", "。", "”", "»", "}",
    "|", "\\", "^", "`", "\ufffd", "\u200b", "\x00", "\x7f", ";jsessionid=1", ".>",
    "/", "//", "/.", "/)", "/&amp;x=1", "=", "==", "=20", "=3D", "=\r\n", "~", "+", "+and+more", "%", "%2", "%25",
    "_", "-", "--", "_.", "-)", "_/", "$", "@", "(", "[1]", ".Thanks", ".html",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_what_mail_programs_glue_on_is_dropped(junk: str) -> None:
    assert parse_path(f"/c/{TOKEN}{junk}") == TrackingPath(LINK, TOKEN)
    assert parse_path(f"/c/{TOKEN}/12{junk}") == TrackingPath(LINK, TOKEN, 12)
    assert parse_path(f"/o/{TOKEN}{junk}") == TrackingPath(PIXEL, TOKEN)
    assert parse_path(f"/o/{TOKEN}.gif{junk}") == TrackingPath(PIXEL, TOKEN)
    assert parse_path(f"/u/{TOKEN}{junk}") == TrackingPath(OPT_OUT, TOKEN)


@pytest.mark.parametrize("tail", ["'", "%27", ".gif'", ".'", "'.", ")'", "'>", "&amp;x='1'"])
def test_an_apostrophe_leaves_the_token_readable_but_damaged(tail: str) -> None:
    assert parse_path(f"/o/{TOKEN}{tail}") == TrackingPath(PIXEL, TOKEN, None, True)


@pytest.mark.parametrize("path", ["/c/'{}", "/c/{}'", "/c/{}%27", "/c/{}'&amp;x"])
def test_an_apostrophe_damages_wherever_it_stands(path: str) -> None:
    assert parse_path(path.format(TOKEN)) == TrackingPath(LINK, TOKEN, None, True)


@pytest.mark.parametrize("tail", ["'/3", "/3'", "/'3", "/3%27"])
def test_an_apostrophe_damages_a_merge_link(tail: str) -> None:
    assert parse_path(f"/c/{TOKEN}{tail}") == TrackingPath(LINK, TOKEN, 3, True)


@pytest.mark.parametrize("number", ["0", "00", "01", "65536", "99999", "100000", "1a", "1/2", "1//2"])
def test_a_link_number_is_canonical_or_none(number: str) -> None:
    assert parse_path(f"/c/{TOKEN}/{number}") is None


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/o", "/o/", "/o/.gif", "/c/", "/c//", "/x/T", "/O/T", "o/T", "/o/T/1", "/u/T/1", "/c/-", "/c/_/1x",
        "/c/ T", "/healthz", "/o/../T", "/c/'", "//c/T", "/c/T/x", "/c/T/1/x", "/o/T//x",
    ],
)  # fmt: skip
def test_anything_else_is_no_path_of_ours(path: str) -> None:
    assert parse_path(path) is None


def test_a_path_of_any_length_is_read_in_one_walk() -> None:
    token = "A" * 1_000_000
    assert parse_path(f"/c/{token}") == TrackingPath(LINK, token)
    assert parse_path(f"/c/{token}=") == TrackingPath(LINK, token)
    assert parse_path("/c/T" + ".)" * 500_000 + "=") == TrackingPath(LINK, "T")
    assert parse_path("/c/" + "-" * 1_000_000) is None
    assert parse_path("/c/T" + "/" * 1_000_000 + "x") is None


@pytest.mark.parametrize("number", ["-1", "+1", "１", ""])
def test_what_is_no_number_behind_a_slash_names_no_link(number: str) -> None:
    assert parse_path(f"/c/{TOKEN}/{number}") == TrackingPath(LINK, TOKEN)


@pytest.mark.parametrize("path", ["/c//{}", "/c///{}"])
def test_a_doubled_slash_before_a_token_or_a_link_number_is_one(path: str) -> None:
    assert parse_path(path.format(TOKEN)) == TrackingPath(LINK, TOKEN)
    assert parse_path(path.format(TOKEN) + "//7") == TrackingPath(LINK, TOKEN, 7)
