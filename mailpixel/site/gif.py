"""What an image of a site sends: one event in the query of its URL, or a whole envelope in `e`.

    n name   id   u address of the page   c consent, by commas   cs its source   items ids, by commas
    transaction_id   value   currency   tax   shipping   coupon

Every other name is passed over. An event without an id is kept, and its repeats cannot be known.
"""

from typing import Any
from urllib.parse import parse_qsl

from mailpixel.site.envelope import BODY_BYTES, read_envelope, read_sent
from mailpixel.site.outcomes import Outcome, Reading, Signals
from mailpixel.site.plain import VERSION
from mailpixel.site_model import Site

_DATA = ("transaction_id", "value", "currency", "tax", "shipping", "coupon")


def read_query(query: bytes, site: Site, signals: Signals) -> Reading:
    """Read a query string as it came, without its `?`. Never raises."""
    if len(query) > BODY_BYTES:
        return Reading(Outcome.TOO_LARGE)
    pairs = parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True)
    told = dict(reversed(pairs))  # the first of equal names counts
    if "e" in told:
        return read_envelope(told["e"].encode(), site, signals)
    return read_sent(_sent(told), site, signals, needs_ids=False)


def _sent(told: dict[str, str]) -> dict[str, Any]:
    """The envelope that says the same."""
    data: dict[str, Any] = {name: told[name] for name in _DATA if told.get(name)}
    if "items" in told:
        data["items"] = [{"item_id": item} for item in told["items"].split(",") if item]
    event = {"name": told.get("n"), "id": told.get("id") or None, "url": told.get("u"), "data": data}
    sent: dict[str, Any] = {"v": VERSION, "events": [event], "proof": {"source": told.get("cs")}}
    if "c" in told:
        sent["consent"] = told["c"].split(",")
    return sent
