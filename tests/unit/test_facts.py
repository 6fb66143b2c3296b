"""What is read from the headers of a request."""

import pytest

from mailpixel.model import Facts
from mailpixel.traffic.facts import facts_of

BROWSER_CLICK = [
    (b"host", b"t.example"),
    (b"user-agent", b"Mozilla/5.0 (X11)"),
    (b"accept", b"text/html,image/avif,*/*;q=0.8"),
    (b"accept-language", b"en"),
    (b"accept-encoding", b"gzip"),
    (b"referer", b"https://mail.example/"),
    (b"sec-ch-ua", b'"Chromium";v="153"'),
    (b"sec-fetch-site", b"none"),
    (b"sec-fetch-mode", b"navigate"),
    (b"sec-fetch-user", b"?1"),
    (b"upgrade-insecure-requests", b"1"),
]


def test_a_browsers_click_shows_all_it_is_known_by() -> None:
    elsewhere = Facts.PREVIEW | Facts.OPENS_UNSEEN | Facts.OWN_NETWORK | Facts.CARRIED  # these are no headers
    absent = Facts.FORGED | Facts.PREFETCH | Facts.PLAIN_HTTP | Facts.UNSEEN | Facts.FRAMED
    assert facts_of(BROWSER_CLICK) == (~(elsewhere | absent), "Mozilla/5.0 (X11)")


def test_facts_that_are_stored_as_a_number_keep_their_bits() -> None:
    assert {fact.name: int(fact).bit_length() - 1 for fact in Facts if fact > Facts.PLAIN_HTTP} == {
        "UNSEEN": 15,
        "FRAMED": 16,
        "OPENS_UNSEEN": 17,
        "OWN_NETWORK": 18,
        "CARRIED": 19,
    }
    assert Facts(0xFFFF) & ~Facts.FRAMED == Facts(0xFFFF)


def test_no_headers_give_no_facts_and_an_empty_agent() -> None:
    assert facts_of([]) == (Facts.NONE, "")


@pytest.mark.parametrize(
    ("name", "value", "facts"),
    [
        (b"sec-purpose", b"prefetch;prerender", Facts.PREFETCH),
        (b"purpose", b"Prefetch", Facts.PREFETCH),
        (b"x-purpose", b"preview", Facts.PREFETCH),
        (b"x-moz", b"prefetch", Facts.PREFETCH),
        (b"x-moz", b"livebookmarks", Facts.NONE),
        (b"accept", b"*/*", Facts.ACCEPT),
        (b"accept", b"image/webp,*/*", Facts.ACCEPT | Facts.ACCEPT_IMAGE),
        (b"sec-fetch-mode", b"no-cors", Facts.SEC_FETCH),
        (b"sec-fetch-user", b"?0", Facts.SEC_FETCH),
        (b"sec-fetch-dest", b"document", Facts.SEC_FETCH),
        (b"sec-fetch-dest", b"image", Facts.SEC_FETCH),
        *[
            (b"sec-fetch-dest", dest, Facts.SEC_FETCH | Facts.FRAMED)
            for dest in (b"iframe", b"frame", b"embed", b"object")
        ],
        (b"upgrade-insecure-requests", b"0", Facts.NONE),
        (b"cookie", b"a=b", Facts.NONE),
    ],
)
def test_one_header_says_this(name: bytes, value: bytes, facts: Facts) -> None:
    assert facts_of([(name, value)]) == (facts, "")


@pytest.mark.parametrize(
    ("raw", "agent"),
    [
        ("Möwenpost/3.1".encode(), "Möwenpost/3.1"),
        ("Möwenpost/3.1".encode("latin-1"), "Möwenpost/3.1"),
        ("日本語版".encode(), "日本語版"),
        (b"  spaced \t", "spaced"),
        (b"a\x00b\x1b[31m", "ab[31m"),
        (b"x" * 9_000, "x" * 512),
        ("é".encode() * 9_000, "é" * 512),
    ],
)
def test_an_agent_is_text_of_bounded_length_whatever_was_sent(raw: bytes, agent: str) -> None:
    assert facts_of([(b"user-agent", raw)])[1] == agent
