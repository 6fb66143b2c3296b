"""Query values that a redirect hands on: which, in what spelling, and where they go."""

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.links.html import prepare
from mailpixel.links.passthrough import check_names, passed_on
from mailpixel.links.splicing.draft import Skip
from mailpixel.links.splicing.link_policy import Reason
from mailpixel.links.splicing.options import RewriteOptions

SHOP = "https://shop.example/"
NAMES = frozenset({"u", "w", "utm_source"})


@pytest.mark.parametrize(
    ("destination", "query", "leads_to"),
    [
        (SHOP, b"u=42", "https://shop.example/?u=42"),
        (SHOP, b"w=2&u=1&w=3", "https://shop.example/?w=2&u=1&w=3"),
        ("https://shop.example/a?size=7", b"u=42", "https://shop.example/a?size=7&u=42"),
        ("https://shop.example/?", b"u=42", "https://shop.example/?u=42"),
        ("https://shop.example/?size=7&", b"u=42", "https://shop.example/?size=7&u=42"),
        ("https://shop.example/?size=7#top?", b"u=42", "https://shop.example/?size=7&u=42#top?"),
        ("https://shop.example/#/app?u=1", b"u=42", "https://shop.example/?u=42#/app?u=1"),
    ],
)
def test_an_allowed_value_goes_behind_the_own_query_and_before_the_fragment(
    destination: str, query: bytes, leads_to: str
) -> None:
    assert passed_on(destination, query, NAMES) == leads_to


@pytest.mark.parametrize(
    ("query", "added"),
    [
        (b"u=a%20b", "?u=a%20b"),
        (b"u=a+b", "?u=a%20b"),
        (b"u=a%2Bb", "?u=a%2Bb"),
        (b"u=%2541", "?u=%2541"),
        (b"u=100%", "?u=100%25"),
        (b"u=%zz", "?u=%25zz"),
        (b"u=x%26admin%3D1", "?u=x%26admin%3D1"),
        (b"u=x%23top", "?u=x%23top"),
        (b"u=//evil.example\\@:80", "?u=%2F%2Fevil.example%5C%40%3A80"),
        (b"u=a=b", "?u=a%3Db"),
        (b"u=%C3%BC", "?u=%C3%BC"),
        ("u=ü".encode(), "?u=%C3%BC"),
        (b"%75=1", "?u=1"),
        (b"u=", "?u="),
        (b"u", "?u="),
    ],
)
def test_a_value_is_decoded_once_and_encoded_again(query: bytes, added: str) -> None:
    assert passed_on(SHOP, query, NAMES) == SHOP + added


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"&&=&",
        b"fbclid=1",
        b"U=1",
        b"amp;u=1",
        b"u.x=1",
        b"u%00=1",
        b"u=%0D%0ASet-Cookie:x",
        b"u=a%00",
        b"u=%7F",
        b"u=%C2%85",
        b"u=\x01",
        b"u=%FF",
        b"u=\xff",
        b"u=%ED%A0%80",
        b"u=%C3",
    ],
)
def test_what_is_not_allowed_and_what_is_no_plain_text_is_left_out(query: bytes) -> None:
    assert passed_on(SHOP, query, NAMES) == SHOP
    assert passed_on(SHOP, b"w=1&" + query + b"&w=2", NAMES) == SHOP + "?w=1&w=2"


def test_a_parameter_of_the_destination_keeps_its_value() -> None:
    assert passed_on(SHOP + "?u=1", b"u=2", NAMES) == SHOP + "?u=1"
    assert passed_on(SHOP + "?%75=1", b"w=3&u=2", NAMES) == SHOP + "?%75=1&w=3"


def test_values_are_bounded_in_length_and_number() -> None:
    assert passed_on(SHOP, b"u=" + b"a" * 1_000, NAMES) == SHOP + "?u=" + "a" * 1_000
    assert passed_on(SHOP, b"w=1&u=" + b"a" * 1_001, NAMES) == SHOP + "?w=1"
    assert passed_on(SHOP, b"&".join([b"u=1"] * 21), NAMES) == SHOP + "?" + "&".join(["u=1"] * 20)
    assert passed_on(SHOP, b"u=1&x=" + b"a" * 2_994, NAMES) == SHOP + "?u=1"
    assert passed_on(SHOP, b"u=1&x=" + b"a" * 2_995, NAMES) == SHOP


def test_a_destination_that_has_no_room_left_is_reached_all_the_same() -> None:
    full = SHOP + "a" * (65_536 - len(SHOP))
    assert passed_on(full, b"u=1", NAMES) == full
    assert passed_on(full[:-4], b"u=1", NAMES) == full[:-4] + "?u=1"


def test_names_are_kept_in_order_and_once() -> None:
    assert check_names(["utm_source", "u", "u", "a-b.c~d"]) == ("utm_source", "u", "a-b.c~d")
    assert check_names([]) == ()


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ([""], "must be names of 1 to 64 letters"),
        (["a b"], "must be names of 1 to 64 letters"),
        (["u\n"], "must be names of 1 to 64 letters"),
        (["ü"], "must be names of 1 to 64 letters"),
        (["u" * 65], "must be names of 1 to 64 letters"),
        ([f"u{n}" for n in range(21)], "names more than 20 parameters"),
    ],
)
def test_a_name_that_could_be_written_in_two_ways_is_refused(names: list[str], problem: str) -> None:
    with pytest.raises(InvalidInput, match=f"^--passthrough: {problem}"):
        check_names(names, "--passthrough")


OPTIONS = RewriteOptions("https://t.example", passthrough=NAMES)


def test_a_parameter_that_the_redirect_would_not_add_keeps_the_link_out() -> None:
    href = "https://shop.example/?u=1&u={{ id }}"
    assert prepare(f'<a href="{href}">', OPTIONS).skipped == (Skip(href, Reason.TEMPLATE),)


def test_a_campaign_parameter_does_not_take_the_place_of_one_that_is_handed_on() -> None:
    options = RewriteOptions(
        "https://t.example", passthrough=NAMES, utm=(("utm_source", "m"), ("utm_term", "t"))
    )
    plan = prepare('<a href="https://shop.example/?utm_source={{ id }}">', options)
    assert (plan.links, plan.passed) == (("https://shop.example/?utm_term=t",), {1: ("utm_source",)})


@pytest.mark.parametrize(
    "href",
    [
        "https://shop.example/?u={{ id|default:&quot;0&quot; }}",
        "https://shop.example/?u={{ a &gt; b }}",
        "https://shop.example/?w={{ a }}&u={{ id&#10; }}",
    ],
)
def test_a_token_spelled_with_entities_keeps_the_link_out(href: str) -> None:
    plan = prepare(f'<a href="{href}">', OPTIONS)
    assert (plan.links, [skip.reason for skip in plan.skipped]) == ((), [Reason.TEMPLATE])


def test_a_token_is_written_again_letter_for_letter() -> None:
    href = 'https://shop.example/?u={{ id|default:"0" }}&amp;size=7&w=*|ID|*'
    assert (
        prepare(f"<a href='{href}'>", OPTIONS).render(["U"])
        == "<a href='U?u={{ id|default:\"0\" }}&w=*|ID|*'>"
    )
