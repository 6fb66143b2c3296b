"""A million spoiled envelopes: none makes the reader fail, and no address of a person is kept. Run by hand."""

import json
import time
from collections import Counter
from random import Random

import pytest

from mailpixel.site.envelope import read_envelope
from mailpixel.site.gif import read_query
from mailpixel.site.outcomes import Outcome, Signals
from tests.support.site_texts import ADDRESSES, NOW_MS, SITE, addresses_in
from tests.unit.test_envelope_cases import BODIES, GIFS, body_of

NUMBER = 1_000_000
SIGNALS = (
    Signals(NOW_MS, read_click=lambda text: text[:16].encode()),
    Signals(NOW_MS, origin="https://www.shop.example", read_click=lambda _text: None),
    Signals(NOW_MS),
    Signals(NOW_MS, gpc=True),
    Signals(NOW_MS, origin="https://evil.example"),
)
GOOD = [body_of(row) for row in BODIES if row["outcome"] == "logged"]
SEEDS = [body for body in [*GOOD * 4, *map(body_of, BODIES)] if len(body) < 3_000]
QUERIES = [row["gif"].encode() for row in GIFS]
PIECES = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\x00", b"\xff", b"\\ud800", b"\xef\xbb\xbf", b"null", b"-",
    b"1e999", b"99999999999999999999999", b"0.1", b"NaN", b"true", b"%", b"&", b"%2540", b"@", b"purchase",
    b'"items":', b'"v":1,',
    *(json.dumps(address).encode() for address in ADDRESSES),
    *(address.encode() for address in ADDRESSES),
]  # fmt: skip


def spoiled(rng: Random, seed: bytes) -> bytes:
    """The seed after one to four edits: bytes changed, put in, cut out, doubled, or taken from another."""
    body = bytearray(seed)
    for _ in range(rng.randint(1, 4)):
        at, end = sorted((rng.randrange(len(body) + 1), rng.randrange(len(body) + 1)))
        edit = rng.randrange(5)
        if edit == 0 and at < len(body):
            body[at] = rng.randrange(256)
        elif edit == 1:
            body[at:at] = rng.choice(PIECES)
        elif edit == 2:
            del body[at : min(end, at + 20)]
        elif edit == 3:
            body[at:at] = body[at : min(end, at + 60)]
        else:
            other = rng.choice(SEEDS)
            start = rng.randrange(len(other) + 1)
            body[at : min(end, at + 20)] = other[start : start + 40]
    return bytes(body)


def mended(rng: Random, seed: bytes) -> bytes:
    """The seed with an address in one or two of its texts: it stays JSON."""
    parts = seed.split(b'"')
    places = [at for at in range(1, len(parts) - 1, 2) if not parts[at + 1].lstrip().startswith(b":")]
    for at in rng.choices(places, k=rng.randint(1, 2)) if places else ():
        new = json.dumps(rng.choice(ADDRESSES)).encode()[1:-1]
        parts[at] = rng.choice((new, new + parts[at], parts[at] + new))
    return b'"'.join(parts)


@pytest.mark.soak
def test_a_million_spoiled_envelopes_do_no_harm() -> None:
    rng, outcomes, spent_s = Random(13), Counter[Outcome](), 0.0
    for number in range(NUMBER):
        is_query = number % 10 == 9
        seed = rng.choice(QUERIES if is_query else SEEDS)
        body = mended(rng, seed) if number % 3 else spoiled(rng, seed)
        began = time.process_time()
        reading = (read_query if is_query else read_envelope)(body, SITE, rng.choice(SIGNALS))
        spent_s += time.process_time() - began
        outcomes[reading.outcome] += 1
        assert addresses_in(reading) == [], body
    figures = ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes.most_common())
    print(f"\n{NUMBER:,} envelopes, {spent_s / NUMBER * 1e6:.1f} us of CPU each: {figures}")
