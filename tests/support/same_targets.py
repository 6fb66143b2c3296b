"""The campaigns, people, targets and headers of `same_hits`: hits of every kind."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mailpixel.claims import Claims, TokenKind, modes_in_token
from mailpixel.links.keyring import Key, Keyring
from mailpixel.links.signature import KindSigner
from mailpixel.links.surfaces import surface_of
from mailpixel.links.token import TokenSigner
from mailpixel.links.token_format import encode
from mailpixel.model import Campaign, Link
from mailpixel.modes import Mode, Modes, Statement, both
from mailpixel.privacy.resolve import AGGREGATE
from mailpixel.server.protocol import path_and_query
from mailpixel.server.request_reader import Headers, TrackingRequest
from mailpixel.store.consents import Said
from tests.support.builders import APPLE, BROWSER, GMAIL, KEYRING, SENT_AT, SENT_AT_MS
from tests.support.envelopes import SHOP, a_post, an_envelope, an_event

SIGNER = TokenSigner(KEYRING)
FOREIGN = TokenSigner(Keyring((Key(9, b"f" * 32, SENT_AT),), b"p" * 32))
INDIVIDUAL = both(Mode.INDIVIDUAL)


def campaigns() -> Sequence[Campaign]:
    """Campaigns of every kind that a hit can tell apart."""
    links = (
        Link(1, "https://shop.example/a"),
        Link(2, "https://you.example/é?x=1#f"),
        Link(3, "javascript:alert(1)"),
        Link(4, "https://shop.example/b?mp_cid=7"),
        Link(300, "https://www.shop.example/c#top"),
    )
    return (
        Campaign("c1", "One", sent_at=SENT_AT, links=links),
        Campaign("passes", "Passes", sent_at=SENT_AT, links=links, passthrough=("u", "size")),
        Campaign("carries", "Carries", sent_at=SENT_AT, links=links, carry=True),
        Campaign("draft", "Draft", links=links),
        Campaign("old", "Old", sent_at=datetime(2019, 1, 1, tzinfo=UTC), links=links),
        Campaign("off", "Off", sent_at=SENT_AT, links=links, mode=both(Mode.OFF)),
        Campaign("sum", "Sum", sent_at=SENT_AT, links=links, mode=AGGREGATE),
        Campaign("day", "Day", sent_at=SENT_AT, links=links, mode=both(Mode.DELIVERABILITY)),
        Campaign("clicks", "Clicks", sent_at=SENT_AT, links=links, mode=Modes(Mode.OFF, Mode.FULL)),
        Campaign("few", "Few", sent_at=SENT_AT, links=links, mode=AGGREGATE, sent=3),
    )


SAID = (
    Said("r-yes", 3, Statement.GRANTED, SENT_AT_MS, "form"),
    Said("r-no", 3, Statement.DENIED, SENT_AT_MS, "form"),
    Said("r-half", 1, Statement.DENIED, SENT_AT_MS, "form"),
)


MODES = {None: None, "individual": INDIVIDUAL, "sum": AGGREGATE, "split": Modes(Mode.FULL, Mode.OFF)}


def token(kind: TokenKind, campaign: str = "c1", recipient: str = "r-1", **more: Any) -> str:
    """A token; `modes` are those of a message, of which it carries its part."""
    return SIGNER.sign(
        Claims(kind, campaign, recipient, **more | {"modes": modes_in_token(kind, more.get("modes"))})
    )


OPEN, CLICK, MESSAGE = TokenKind.OPEN, TokenKind.CLICK, TokenKind.MESSAGE
CAMPAIGN, CHOICE = TokenKind.CAMPAIGN, TokenKind.CHOICE


def good_targets() -> Iterator[str]:
    """Targets with good tokens: every kind, mode, campaign and person."""
    for campaign in (*(each.id for each in campaigns()), "unknown"):
        yield f"/o/{token(OPEN, campaign, modes=INDIVIDUAL)}.gif"
        yield f"/c/{token(CLICK, campaign, link=1, modes=INDIVIDUAL)}?u=a%20b&size=9&x=1"
        yield f"/c/{token(CAMPAIGN, campaign, '')}/1"
    for person in ("r-yes", "r-no", "r-half", "r-seed", "a/b:c+d=e~f_g"):
        yield f"/o/{token(OPEN, recipient=person)}.gif"
        yield f"/c/{token(CLICK, recipient=person, link=2)}"
        yield f"/c/{token(MESSAGE, recipient=person)}/300"
    for modes in MODES.values():
        for preview in (False, True):
            more: Mapping[str, Any] = {"modes": modes, "preview": preview}
            yield f"/o/{token(OPEN, **more)}.gif"
            yield f"/c/{token(CLICK, link=300, **more)}"
            yield f"/o/{token(MESSAGE, **more)}"
            yield f"/c/{token(CLICK, 'carries', destination='https://shop.example/?a=1#b', **more)}"
    yield f"/o/{token(CAMPAIGN, recipient='', preview=True)}.gif"
    yield f"/c/{token(CLICK, destination='https://you.example/é ü')}?u=1"
    yield f"/c/{token(CLICK, 'passes', destination='https://you.example/?u=0')}?u=1&size=%FF&size=8"
    yield f"/c/{token(MESSAGE, 'passes')}/2?{'u=' + 'x' * 3_000}"
    yield f"/c/{token(MESSAGE, 'carries')}/4"


def odd_targets() -> Iterator[str]:
    """Targets that are damaged, of the wrong kind, of another key, or hardly ours."""
    pixel, link, message = token(OPEN), token(CLICK, link=1), token(MESSAGE)
    for text in (pixel, link, message, token(CAMPAIGN, recipient=""), token(CHOICE)):
        yield f"/o/{text}.gif"
        yield f"/c/{text}"
        yield f"/c/{text}/1"
    for tail in (
        *("'", "%27", "=", "%2E", ".GIF", ".gif.gif", "-", "_", "/", "//", " ", "%20x", "%E2%80%8B", "é"),
        *("/1", "/01", "/0", "/3", "/9", "/65535", "/65536", "/999999", "//2", "/2/", "/2x", "/2.", "/2'"),
        *(
            "/a",
            ";jsessionid=1",
            "#frag",
            "?",
            "?#",
            "%2F1",
            "/%31",
            "%00",
            ">",
            "&#8203;",
            "/1%27",
            "/²",
            "/٣",
        ),
    ):
        yield f"/o/{message}{tail}"
        yield f"/c/{message}{tail}"
        yield f"/c/{link}{tail}"
    for place in (0, 3, 5, 12, 20, len(message) - 1):
        other = "A" if message[place] != "A" else "B"
        broken = message[:place] + other + message[place + 1 :]
        yield f"/o/{broken}.gif"
        yield f"/c/{broken}/1"
    for stem in ("unknown", "old", "off"):
        yield f"/o/{token(OPEN, stem)[:-2]}AA.gif"
        yield f"/c/{token(CLICK, stem, link=1)}'"
    yield f"/c/{token(CLICK, destination='https://you.example/')[:-2]}AA"
    yield f"/c/%2F{message}/1"
    yield f"/c//{message}//1"
    yield f"/o/%{ord(message[0]):02X}{message[1:]}.gif"
    yield f"/o/{FOREIGN.sign(Claims(OPEN, 'c1', 'r-1'))}.gif"
    yield f"/o/{FOREIGN.sign(Claims(OPEN, 'c1', 'r-1'))[:-1]}A.gif"
    yield from (f"/o/{pixel[:cut]}.gif" for cut in (1, 4, 21, 22, 23, 26, len(pixel) - 1))
    yield from (
        "/o/",
        "/c/",
        "/o/.gif",
        "/o/x.gif",
        "/c/" + "A" * 5_000,
        "/o/%FF",
        "/c/-_-",
        "/c/AQEB",
        "/o/é",
    )
    for body in FOREIGN_BODIES:
        yield from (f"/o/{each}.gif" for each in signed(body))
        yield from (f"/c/{each}" for each in signed(body))


FOREIGN_BODIES = (
    b"\x01\x01\x01",
    b"\x01\x01\x01\x02c1\x00",
    b"\x01\x01\x01\x02c1\x03r@1",
    b"\x01\x01\x01\x02c1\x03r-1\x00",
    b"\x01\x01\x01\x02.1\x03r-1",
    b"\x01\x01\x01\xffc1\x03r-1",
    b"\x01\x01\x01\x02c1\xffr-1",
    b"\x01\x01\x02\x02c1\x03r-1",
    b"\x01\x01\x02\x02c1\x03r-1\x00",
    b"\x01\x01\x02\x02c1\x03r-1\x81\x00",
    b"\x01\x01\x22\x02c1\x03r-1\x05http",
    b"\x01\x01\x41\x09\x02c1\x03r-1",
    b"\x01\x01\x41\x40\x02c1\x03r-1",
)
"""Claims out of bounds, as another program could sign them."""


def signed(body: bytes) -> Iterator[str]:
    """Signed claims that no release of ours would write: as they are, and in another spelling of base64."""
    kind = {1: OPEN, 2: CLICK}[body[2] & 15]
    signer = KindSigner(KEYRING.keys[0].secret, kind)
    text = encode(body)
    spellings = [text] if len(body) % 3 == 0 else [text, text[:-1] + bytes((text[-1] + 1,))]
    yield from ((spelt + signer.get_signature(spelt)).decode() for spelt in spellings)


AGENT = (b"user-agent", BROWSER.encode())
MANY = (
    (b"host", b"t.example"), AGENT, (b"accept", b"image/avif,image/webp,text/html,*/*;q=0.8"),
    (b"accept-language", b"de"), (b"accept-encoding", b"gzip"), (b"referer", b"https://mail.example/"),
    (b"sec-ch-ua", b'"Chromium"'), (b"sec-fetch-site", b"cross-site"), (b"sec-fetch-mode", b"navigate"),
    (b"sec-fetch-user", b"?1"), (b"sec-fetch-dest", b"iframe"), (b"upgrade-insecure-requests", b"1"),
    (b"cookie", b"a=b"), (b"x-forwarded-for", b"203.0.113.9, 192.0.2.1"),
)  # fmt: skip
HEADERS: Mapping[str, Headers] = {
    "none": (),
    "few": (AGENT, (b"accept", b"*/*"), (b"accept", b"image/*")),
    "many": MANY,
    "ahead": (AGENT, (b"sec-purpose", b"Prefetch;prerender"), (b"sec-gpc", b"1"), (b"sec-fetch-dest", b"image")),
    "ahead too": ((b"user-agent", GMAIL.encode()), (b"x-moz", b"PREVIEW"), (b"purpose", b"preview"), (b"dnt", b"1")),
    "odd": (
        *((b"user-agent", APPLE.encode()), (b"user-agent", b" \xff\x00" + b"A" * 700), (b"sec-gpc", b"1 ")),
        *((b"dnt", b"0"), (b"upgrade-insecure-requests", b"0"), (b"sec-fetch-mode", b"cors"), (b"forwarded", b"for=x")),
    ),
}  # fmt: skip
PEERS = (
    "192.0.2.77",
    "203.0.113.4",
    "198.51.100.7",
    "2001:db8::7",
    "::ffff:203.0.113.5",
    "",
    "nonsense",
    "fe80::1%1",
)
METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class Asked(NamedTuple):
    """A request of the one function of a hit."""

    target: str
    method: str
    headers: str
    peer: str

    def request(self) -> TrackingRequest | None:
        """The request as a door reads it; None where it is on no surface."""
        path, query = path_and_query(self.target.encode())
        surface = surface_of(path)
        headers = HEADERS[self.headers]
        return TrackingRequest(surface, self.method, path, query, headers, self.peer) if surface else None


def asked(target: str, number: int) -> Iterator[Asked]:
    """The requests of one target: with each set of headers, each method, and a peer that changes."""
    pairs = [(method, headers) for method in METHODS for headers in HEADERS]
    wanted = [pair for pair in pairs if pair[0] == "GET" or pair[1] in ("many", "ahead")]
    for at, (method, headers) in enumerate(wanted):
        yield Asked(target, method, headers, PEERS[(number + at) % len(PEERS)])


def targets() -> Sequence[str]:
    """All targets."""
    return (*good_targets(), *odd_targets())


def raw_requests() -> Iterator[bytes]:
    """Whole requests as clients send them."""
    for number, target in enumerate(targets()):
        for each in (*asked(target, number),)[:: 3 if number % 4 else 2]:
            version = b"1.0" if number % 7 == 3 else b"1.1"
            lines = b"".join(b"%b: %b\r\n" % (name.title(), value) for name, value in HEADERS[each.headers])
            if b"\x00" not in lines and " " not in target:
                yield b"%b %b HTTP/%b\r\n%b\r\n" % (each.method.encode(), target.encode(), version, lines)
    get = f"GET /o/{token(OPEN)}.gif HTTP/1.1\r\n".encode()
    yield from (
        get + lines + b"\r\n"
        for lines in (
            b"Connection: close\r\n",
            b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
            b"Expect: 100-continue\r\n",
        )
    )
    yield from (get + b"Content-Length: 3\r\n\r\nabc", get + b"\r\n" + get + b"\r\n" + get + b"\r\n")
    yield from raw_site_requests()


def raw_site_requests() -> Iterator[bytes]:
    """Requests of pages of a web site."""
    bodies = [
        an_envelope(an_event()), an_envelope(an_event(), an_event("add_to_cart", "e-2")), an_envelope(consent=None),
        an_envelope(), b"", b"{", an_envelope(v=9), b"x" * 70_000, an_envelope(withdrawn=1, events=None),
    ]  # fmt: skip
    for body in bodies:
        for headers in ("none", "many", "ahead"):
            lines = b"".join(b"%b: %b\r\n" % header for header in HEADERS[headers])
            for key in (a_post(b"").path, "/p/unknown", "/p/" + "f" * 16):
                head = b"POST %b HTTP/1.1\r\nOrigin: https://shop.example\r\n%b" % (key.encode(), lines)
                yield head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        if body:
            yield head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for target in (
        f"/p/{SHOP.key}.gif?n=page_view&id=e-9&u=https%3A%2F%2Fshop.example%2F",
        f"/p/{SHOP.key}.js",
        "/p/x.js",
    ):
        for method in (b"GET", b"HEAD", b"OPTIONS", b"PUT"):
            yield b"%b %b HTTP/1.1\r\nHost: t\r\n\r\n" % (method, target.encode())
