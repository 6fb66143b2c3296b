"""What reads bytes of strangers. A target takes any bytes, and raises only where something is wrong."""

from collections.abc import Callable, Mapping
from io import BytesIO

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.errors import InvalidInput
from mailpixel.links.destination import check_destination
from mailpixel.links.html import prepare
from mailpixel.links.lists.columns import Wanted
from mailpixel.links.lists.text_list import TextList
from mailpixel.links.mime import prepare_message
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.surfaces import SURFACES
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import parse_path
from mailpixel.server.forwarded import Proxies, hops
from mailpixel.server.protocol import path_and_query
from mailpixel.server.request_reader import RequestReader, TrackingRequest
from mailpixel.site.envelope import read_envelope
from mailpixel.site.outcomes import Signals
from mailpixel.site_model import Site
from mailpixel.spool.frames import next_frame
from mailpixel.traffic.facts import facts_of
from tests.support.builders import KEYRING

SIGNER = TokenSigner(KEYRING)
OPTIONS = RewriteOptions("https://t.example", mso=True)
READER = RequestReader(("127.0.0.0/8",))
SHOP = Site("shop", "0" * 16, ("shop.example",), names=("wish",), keep=("size",))
NOW_MS = 1_795_600_000_000
CLAIMS = (
    Claims(TokenKind.OPEN, "c1", "r-1"),
    Claims(TokenKind.CLICK, "c1", "r-1", 3),
    Claims(TokenKind.CLICK, "c1", "r-1", destination="https://shop.example/"),
    Claims(TokenKind.MESSAGE, "c1", "r-1"),
    Claims(TokenKind.CAMPAIGN, "c1", ""),
)
GOOD = {SIGNER.sign(claims) for claims in CLAIMS}


def token(data: bytes) -> None:
    """No text is a good token but those that were signed."""
    text = data.decode("latin-1")
    reading = SIGNER.verify(text, tuple(TokenKind))
    assert reading.problem is not None or text in GOOD


def path(data: bytes) -> None:
    """Every target is read, on every surface."""
    text, query = path_and_query(data)
    parse_path(text)
    for surface in SURFACES:
        READER.read(TrackingRequest(surface, "GET", text, query, [], "127.0.0.1"), NOW_MS)


def headers(data: bytes) -> None:
    """Every header is read; the address behind a proxy is one, or empty."""
    pairs = [line.partition(b":")[::2] for line in data.split(b"\n")]
    listed = [(name.strip().lower(), value.strip()) for name, value in pairs]
    facts_of(listed)
    assert len(list(hops(listed))) <= 2_048
    Proxies(("127.0.0.0/8",)).client(listed, "127.0.0.1")


def destination(data: bytes) -> None:
    """What is accepted is plain, leads to the web and is accepted again as it is."""
    try:
        location = check_destination(data.decode("utf-8", "surrogateescape"))
    except InvalidInput:
        return
    assert location.isascii() and location.isprintable() and location.startswith(("http://", "https://"))  # noqa: PT018
    assert check_destination(location) == location


def html(data: bytes) -> None:
    """A document is read; without links and without a pixel it comes back."""
    plan = prepare(data, OPTIONS)
    assert plan.error is None
    assert plan.links or plan.render([]) == data


def mime(data: bytes) -> None:
    """A message is read; without links it comes back to the byte."""
    plan = prepare_message(data, OPTIONS)
    assert plan.links or plan.render([]) == data


def csv(data: bytes) -> None:
    """A list is refused by the name of a field, or its blocks are all of it."""
    try:
        listed = TextList(BytesIO(data[4_096:]), data[:4_096], Wanted(keep_all=True))
        blocks = b"".join(listed.blocks(512))
    except InvalidInput:
        return
    assert len(blocks) <= 4 * len(data) + 4


def envelope(data: bytes) -> None:
    """What a page posts is read, or refused as an outcome."""
    read_envelope(data, SHOP, Signals(NOW_MS, "https://shop.example"))


def spool(data: bytes) -> None:
    """Frames are found behind any damage, one after the other."""
    start = 0
    while (frame := next_frame(data, start)) is not None:
        assert frame.end > frame.start >= start
        start = frame.end


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    each.__name__: each for each in (token, path, headers, destination, html, mime, csv, envelope, spool)
}
