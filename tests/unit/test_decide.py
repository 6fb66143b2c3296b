"""Which links may be tracked."""

import pytest

from mailpixel.links.destination import check_destination
from mailpixel.links.fields import holds_token
from mailpixel.links.passthrough import passed_through, with_parameters
from mailpixel.links.splicing.link_policy import (
    Decision,
    LinkPolicy,
    Reason,
    TrackedLink,
    destination_of,
    why_not,
)
from mailpixel.links.splicing.options import RewriteOptions


def decision(href: str, **options: object) -> Decision:
    return LinkPolicy(RewriteOptions("https://t.example/", **options)).decide(href)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("href", "reason"),
    [
        ("", Reason.EMPTY),
        (" \t\r\n", Reason.EMPTY),
        ("#top", Reason.FRAGMENT),
        ("mailto:{{ address }}", Reason.SCHEME),
        ("JavaScript:void(0)", Reason.SCHEME),
        ("{{ url }}", Reason.TEMPLATE),
        ("#{url}", Reason.TEMPLATE),
        ("/shop/{{ id }}", Reason.TEMPLATE),
        ("[unsubscribe]", Reason.TEMPLATE),
        ("-url-", Reason.TEMPLATE),
        ("https://shop.test/?a=%name%", Reason.TEMPLATE),
        ("https://shop.test/?a=%ab_c%xy", Reason.TEMPLATE),
        ("//shop.test/", Reason.RELATIVE),
        ("\u200bhttps://shop.test/", Reason.RELATIVE),
        ("https:///shop.test/", Reason.MALFORMED),
        ("https://shop.test/<b", Reason.MALFORMED),
        ("https://shop.test/\ud800", Reason.MALFORMED),
        ("https://shop.test/" + "a" * 65_536, Reason.MALFORMED),
        ("https://shop.test/" + "é" * 40_000, Reason.MALFORMED),
        ("https://me@shop.test/", Reason.UNSAFE),
        ("https://shop.test/\\", Reason.UNSAFE),
        ("https://shop.test/\x7f", Reason.UNSAFE),
        ("https://shop.test/OPT-OUT", Reason.UNSUBSCRIBE),
        ("https://T.example/c/x", Reason.TRACKED),
        ("https://t.example/c/*|MP|*/1", Reason.TRACKED),
        ("https://t.example/u/x", Reason.UNSUBSCRIBE),
    ],
)
def test_what_cannot_be_tracked_has_one_reason(href: str, reason: Reason) -> None:
    assert decision(href) is reason


@pytest.mark.parametrize(
    ("href", "destination"),
    [
        (" https://shop.test/a\n b ", "https://shop.test/a b"),
        ("HTTP://shop.test", "HTTP://shop.test"),
        ("https://shop.test/?a=%41%42%43&b=%DE%AD", "https://shop.test/?a=%41%42%43&b=%DE%AD"),
        ("https://shop.test/?a[x]=1&b=-c-", "https://shop.test/?a[x]=1&b=-c-"),
        ("https://shop.test/{b}/", "https://shop.test/{b}/"),
        ("https://shop.test/@me", "https://shop.test/@me"),
        ("https://t.example/about", "https://t.example/about"),
    ],
)
def test_what_can_be_tracked_keeps_every_letter(href: str, destination: str) -> None:
    assert decision(href) == TrackedLink(destination)
    assert check_destination(destination)


@pytest.mark.parametrize("url", ["https://shop.test@TrackLink", "https://shop.test/a?b=c@TrackLink"])
def test_the_mark_of_listmonk_never_becomes_part_of_a_destination(url: str) -> None:
    assert decision(url) is Reason.NO_TRACK


def test_urls_of_list_unsubscribe_are_never_tracked() -> None:
    assert (
        decision("https://shop.test/leave", unsubscribe=frozenset({"https://shop.test/leave"}))
        is Reason.UNSUBSCRIBE
    )


def test_an_unsubscribe_url_is_known_in_another_spelling_and_a_mailto_does_no_harm() -> None:
    listed = frozenset({"https://SHOP.test/leave", "mailto:x@shop.test", "\ud800"})
    assert decision("https://shop.test:443/leave", unsubscribe=listed) is Reason.UNSUBSCRIBE


def test_letters_of_a_guessed_charset_are_no_destination() -> None:
    policy = LinkPolicy(RewriteOptions("https://t.example"), certain=False)
    assert policy.decide("https://shop.test/é") is Reason.MALFORMED
    assert policy.decide("https://shop.test/e") == TrackedLink("https://shop.test/e")


def test_the_fast_yes_still_sees_unsubscribe_and_bad_hosts() -> None:
    assert why_not("https://shop.test/unsub/1") is Reason.UNSUBSCRIBE
    assert why_not("https://shop..test:99999/") is Reason.MALFORMED


@pytest.mark.parametrize(
    "text", ["{{x}}", "{% x %}", "{$x}", "{a.b}", "*|X|*", "%%x%%", "%(x)s", "[[x]]", "${x}", "<% x %>"]
)
def test_a_token_is_known_inside_other_text(text: str) -> None:
    assert holds_token(f"a{text}b")


def test_a_url_is_read_as_browsers_read_it() -> None:
    assert destination_of("\x00 https://shop.test/\ta\x1f") == "https://shop.test/a"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://shop.test", "https://shop.test?utm_source=mail&utm_campaign=a%20b"),
        ("https://shop.test/?x=1#f", "https://shop.test/?x=1&utm_source=mail&utm_campaign=a%20b#f"),
        ("https://shop.test/?utm_source=me", "https://shop.test/?utm_source=me&utm_campaign=a%20b"),
        ("https://shop.test/?utm%5Fsource=me&", "https://shop.test/?utm%5Fsource=me&utm_campaign=a%20b"),
        ("https://shop.test/?", "https://shop.test/?utm_source=mail&utm_campaign=a%20b"),
        ("https://shop.test/??", "https://shop.test/??&utm_source=mail&utm_campaign=a%20b"),
        ("https://shop.test/?utm_campaign=1&utm_source=2", "https://shop.test/?utm_campaign=1&utm_source=2"),
    ],
)
def test_campaign_parameters_are_added_and_never_change_what_is_there(before: str, after: str) -> None:
    assert with_parameters(before, (("utm_source", "mail"), ("utm_campaign", "a b"))) == after


def test_campaign_parameters_go_into_the_destination() -> None:
    assert decision("https://shop.test/", utm=(("utm_source", "m"),)) == TrackedLink(
        "https://shop.test/?utm_source=m"
    )


@pytest.mark.parametrize(
    ("url", "destination", "tail"),
    [
        ("https://shop.test/?size=7&u={{ id }}&v=1", "https://shop.test/?size=7&v=1", "?u={{ id }}"),
        ("https://shop.test/?u={{ a & b }}#f", "https://shop.test/#f", "?u={{ a & b }}"),
        ("https://shop.test/?u=*|ID|*&w=%%x%%", "https://shop.test/", "?u=*|ID|*&w=%%x%%"),
        ("https://shop.test/{{ p }}?u={{ id }}", "https://shop.test/{{ p }}?u={{ id }}", ""),
        ("https://shop.test/?other={{ id }}", "https://shop.test/?other={{ id }}", ""),
        ("https://shop.test/?{{ u }}=1", "https://shop.test/?{{ u }}=1", ""),
        ("https://shop.test/?a=1", "https://shop.test/?a=1", ""),
        ("https://shop.test/?a={{ x }}&u={{ id }}", "https://shop.test/?a={{ x }}&u={{ id }}", ""),
    ],
)
def test_only_allowed_query_values_pass_through(url: str, destination: str, tail: str) -> None:
    assert passed_through(url, frozenset({"u", "w"})) == (destination, tail)


def test_a_link_with_an_allowed_token_is_tracked_without_it() -> None:
    href = "https://shop.test/?u={{ id }}"
    assert decision(href) is Reason.TEMPLATE
    assert decision(href, passthrough=frozenset({"u"})) == TrackedLink("https://shop.test/", "?u={{ id }}")
    assert decision("https://{{ host }}/?u={{ id }}", passthrough=frozenset({"u"})) is Reason.TEMPLATE
