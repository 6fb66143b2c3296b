"""Destinations: what a browser would request, and nothing that it could read in another way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.errors import InvalidInput
from mailpixel.links.destination import check_destination
from mailpixel.links.splicing.link_policy import destination_of


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://shop.example", "https://shop.example/"),
        ("HTTPS://Shop.EXAMPLE:443/A", "https://shop.example/A"),
        ("http://shop.example:8080/a b?q=a b#c d", "http://shop.example:8080/a%20b?q=a%20b#c%20d"),
        ("  https://shop.example/  ", "https://shop.example/"),
        (
            "https://bücher.example/straße?q=日本",
            "https://xn--bcher-kva.example/stra%C3%9Fe?q=%E6%97%A5%E6%9C%AC",
        ),
        ("https://shop.example/a%2520b?x=%zz|", "https://shop.example/a%2520b?x=%zz|"),
        ("https://shop.example/a/../b/./c", "https://shop.example/b/c"),
        ('https://shop.example/"q"', "https://shop.example/%22q%22"),
        ("https://shop.example/?mail=a@b.example", "https://shop.example/?mail=a@b.example"),
        ("https://shop.example/@name", "https://shop.example/@name"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]/"),
        ("https://shop.example/it's", "https://shop.example/it's"),
    ],
)
def test_a_destination_becomes_what_a_browser_requests(url: str, location: str) -> None:
    assert check_destination(url) == location


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must begin with"),
        ("shop.example", "must begin with"),
        ("//shop.example/", "must begin with"),
        ("javascript:alert(1)", "must begin with"),
        ("data:text/html,x", "must begin with"),
        ("ftp://shop.example/", "must begin with"),
        ("mailto:a@b.example", "must begin with"),
        ("https:shop.example", "must begin with"),
        ("https:/shop.example", "must begin with"),
        ("https:///shop.example", "must begin with"),
        ("https://", "must begin with"),
        ("https://?q", "must begin with"),
        ("\u00a0https://shop.example/", "must begin with"),
        ("ｈttps://shop.example/", "must begin with"),
        ("java\tscript:alert(1)", "must begin with"),
        ("https://shop.example/a\nb", "control character"),
        ("https://shop.example/a\r\nSet-Cookie: x", "control character"),
        ("https://shop.example/a\tb", "control character"),
        ("https://shop.example/\0", "control character"),
        ("https://shop.example/\x7f", "control character"),
        ("https://shop.example/\x85", "control character"),
        ("https://shop.example/\n", "control character"),
        ("https://user:pw@shop.example/", "user or password"),
        ("https://user@shop.example/", "user or password"),
        ("https://@shop.example/", "user or password"),
        ("https://bank.example@shop.example/", "user or password"),
        ("https://shop.example\\@other.example/", "backslash"),
        ("https://shop.example/a\\b", "backslash"),
        ("https://shop.example/?a=\\", "backslash"),
        ("https://shop.example/<b>", "`<`"),
        ("https://shop.example:99999/", "browser"),
        ("https://shop.example:x/", "browser"),
        ("https://exa mple.example/", "browser"),
        ("https://[::1/", "browser"),
        ("https://xn--a/", "browser"),
        ("https://1.2.3.256/", "browser"),
        ("https://shop.example/\ud800", "Unicode"),
        ("https://shop.example/" + "a" * 65_536, "65,536 bytes"),
        ("https://shop.example/" + "é" * 20_000, "65,536 bytes"),
    ],
)
def test_what_is_not_fit_for_a_redirect_is_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as refused:
        check_destination(url, "link_1")
    assert refused.value.field == "link_1"


def test_a_destination_of_the_greatest_length_is_taken() -> None:
    url = "https://shop.example/".ljust(65_536, "a")
    assert check_destination(url) == url


def test_a_url_of_a_document_is_read_as_parsers_read_it() -> None:
    assert destination_of("\x00 \n https://shop.example/a\r\n\t/b c \x1f ") == "https://shop.example/a/b c"
    assert (
        check_destination(destination_of("\n https://shop.example/very\n/long "))
        == "https://shop.example/very/long"
    )


PIECES = st.sampled_from(
    [*"ab/?#&=%@:.\\<>\"'[]| \t\n\0é日\u00ad\u200b\u3002", "..", "%2e", "%00", "xn--", "https://"]
)
URLS = st.one_of(
    st.text(max_size=40).map(lambda text: "https://" + text),
    st.lists(PIECES, max_size=12).map(lambda pieces: "https://shop.example" + "".join(pieces)),
    st.lists(PIECES, max_size=12).map(lambda pieces: "http://" + "".join(pieces)),
)


@given(URLS)
def test_what_is_taken_is_plain_ascii_leads_to_the_web_and_stays_as_it_is(url: str) -> None:
    try:
        location = check_destination(url)
    except InvalidInput:
        return
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location
    assert location.startswith(("http://", "https://"))
    assert check_destination(location) == location


def test_a_caret_is_escaped_in_a_path_and_nowhere_else() -> None:
    assert check_destination("https://shop.example/a^b?c^d#e^f") == "https://shop.example/a%5Eb?c^d#e^f"
