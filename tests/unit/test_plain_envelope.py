"""The short way for page views gives what the whole reader gives, or nothing."""

import json
import random
from typing import Any

import pytest

from mailpixel.site.envelope import read_whole
from mailpixel.site.outcomes import Signals
from mailpixel.site.plain import read_plain
from mailpixel.site_model import Planned, Site
from tests.benchmarks.bench_site import page_view

NOW_MS = 1_790_000_000_000
SITES = (
    Site("shop", "k" * 16, ("shop.example",)),
    Site("open", "k" * 16, ("shop.example",), ask=False, keep=("size",)),
    Site("planned", "k" * 16, ("shop.example",), plan=(Planned("page_view", ("plan",)),)),
)
ODD: tuple[Any, ...] = (
    None, "", 0, 1, -1, 1.0, 12.5, True, False, "x", [], {}, "x" * 2_100, "a b", "\ud800", 2**63, 2**70,
    259_200_001, "page_view", "purchase", "route", "load", ["measure"], ["measure", "identify"], ["identify"],
    ["measure", "other"], ["measure"] * 9, {"source": "tcf", "tcf": "x"}, {"source": "api", "version": "a@b.example"},
    {"version": "v" * 65}, "https://other.example/", "https://shop.example/a%40b.example",
    "https://shop.example/p?x=1&utm_source=a#f", "HTTPS://SHOP.example/", "https://x.shop.example:8443/\u00e4",
    "http://shop.example", "https://shop.example/" + "p" * 600,
)  # fmt: skip
FIELDS = ("data", "click", "gpc", "withdrawn", "automated", "visitor", "tcf", "other")


def changed(chance: random.Random) -> bytes:
    """A page view with up to two fields changed, repeated perhaps, and sometimes damaged."""
    sent = json.loads(page_view(chance.randrange(1_000)))
    view, proof = sent["events"][0], sent["proof"]
    for _ in range(chance.randrange(3)):
        part = chance.choice([sent, view, view, proof])
        key = chance.choice([*part, *FIELDS])
        part[key] = chance.choice(ODD)
        if chance.random() < 0.2:
            del part[key]
    if chance.random() < 0.1:
        sent["events"] = [view] * chance.choice([0, 2, 20, 21])
    body = bytearray(json.dumps(sent, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass"))
    if chance.random() < 0.05:
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def test_a_page_view_of_the_script_goes_the_short_way() -> None:
    body = page_view(1)
    reading = read_plain(body, SITES[0], Signals(NOW_MS, "https://shop.example"))
    assert reading is not None
    assert reading == read_whole(body, SITES[0], Signals(NOW_MS, "https://shop.example"))


@pytest.mark.parametrize("seed", range(4))
def test_the_short_way_reads_as_the_whole_reader_does(seed: int) -> None:
    chance, short = random.Random(seed), 0
    for _ in range(1_500):
        body, site = changed(chance), chance.choice(SITES)
        origin = chance.choice(["", "null", "https://shop.example", "https://other.example"])
        signals = Signals(NOW_MS, origin, gpc=chance.random() < 0.1)
        plain = read_plain(body, site, signals)
        if plain is not None:
            short += 1
            whole = read_whole(body, site, signals)
            assert plain == whole
            assert type(plain.sent_ms) is type(whole.sent_ms)
    assert short > 200
