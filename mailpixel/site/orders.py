"""One line of what a shop's server reports about its orders, as JSON:

    {"order", "name": "purchase|refund|cancel", "at", "value", "currency", "tax", "shipping", "items",
     "new_customer", "recipient", "click", "event_id", "consent", "refund_id"}

A server is told what is wrong, field by field. That differs from browsers, which are told nothing.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from mailpixel.claims import check_recipient
from mailpixel.errors import InvalidInput
from mailpixel.site.consent import IDENTIFY, PURPOSES
from mailpixel.site.event import ID, read_order_id
from mailpixel.site.fields import AMOUNTS, is_told
from mailpixel.site.items import MOST_ITEMS, read_items
from mailpixel.site.json_text import read_json
from mailpixel.site.money import MOST, amount, minor_units, read_currency
from mailpixel.site.names import NAME, PURCHASE
from mailpixel.site.outcomes import no_clicks
from mailpixel.site_model import NOT_NAMED, OrderClaim, OrderSource
from mailpixel.times import DAY_MS, to_ms

LINE_BYTES = 65_536
"""The longest line."""
REFUND, CANCEL = "refund", "cancel"
NAMES = (PURCHASE, REFUND, CANCEL)
FIELDS = frozenset(
    {
        "order", "name", "at", "value", "currency", "tax", "shipping", "items", "new_customer", "recipient", "click",
        "event_id", "consent", "refund_id",
    }
)  # fmt: skip
MOST_DAYS_BACK = 90
"""How long ago a reported event may lie."""
AHEAD_MS = 300_000
"""How far the clock of a shop may run ahead. Such an event counts as of now."""
MOMENT_CHARS = 40
_CLICK = re.compile(r"[A-Za-z0-9_-]{43}")
_ID_FORM = "must be 1 to 64 letters, digits, `_`, `.`, `:` or `-`, and no e-mail address"


class ServerOrder(Struct, frozen=True):
    """What a server reports: its order, `purchase`, `refund` or `cancel`, and the claim for the order's case."""

    order_id: str
    name: str
    claim: OrderClaim


def read_order(
    line: bytes, now_ms: int, read_click: Callable[[str], bytes | None] = no_clicks
) -> ServerOrder:
    """Read one line. Raises `InvalidInput`, which names the field; nothing of its value is in the message.

    `recipient` and `click` are kept with `identify` in `consent`, else the claim's problems say
    `no_consent:recipient` or `no_consent:click`. A click that was forged is `bad:click`.
    """
    sent = _object(line)
    order_id = read_order_id(sent.get("order"))
    if not order_id:
        raise InvalidInput("order", _ID_FORM)
    name = sent.get("name")
    if name not in NAMES:
        raise InvalidInput("name", "must be purchase, refund or cancel")
    problems: list[str] = []
    consent = _consent(sent.get("consent"))
    claim = OrderClaim(
        source=OrderSource.SERVER,
        at_ms=_at(sent.get("at"), now_ms),
        **_money(sent, needed=name != CANCEL),
        items=_items(sent.get("items"), problems),
        new_customer=_flag(sent, "new_customer"),
        recipient=_recipient(sent.get("recipient"), consent, problems),
        click=_click(sent.get("click"), consent, read_click, problems),
        consent=consent,
        event_id=_event_id(sent, "purchase:" + order_id if name == PURCHASE else ""),
        refund_id=_refund_id(sent, is_refund=name == REFUND),
        problems=tuple(dict.fromkeys(problems)),
    )
    return ServerOrder(order_id, name, claim)


def _object(line: bytes) -> Mapping[str, Any]:
    if len(line) > LINE_BYTES:
        raise InvalidInput("line", f"is longer than {LINE_BYTES:,} bytes; send one order a line")
    try:
        sent = read_json(line)
    except ValueError:
        raise InvalidInput("line", "is not JSON in UTF-8") from None
    if type(sent) is not dict:
        raise InvalidInput("line", 'must be a JSON object like {"order": "1001", "name": "purchase", …}')
    for field in sent:
        if field not in FIELDS:
            shown = field if NAME.fullmatch(field) else "line"
            raise InvalidInput(shown, f"is no field of an order; known are {', '.join(sorted(FIELDS))}")
    return sent


def _at(told: object, now_ms: int) -> int:
    """When it happened, in milliseconds; now where that is not told."""
    if told is None:
        return now_ms
    at_ms = told if type(told) is int else _moment(told)
    if at_ms > now_ms + AHEAD_MS:
        raise InvalidInput("at", "lies in the future; send UTC, or the offset of your zone")
    if at_ms < now_ms - MOST_DAYS_BACK * DAY_MS:
        raise InvalidInput(
            "at", f"is more than {MOST_DAYS_BACK} days ago; a number is milliseconds since 1970"
        )
    return min(at_ms, now_ms)


def _moment(told: object) -> int:
    try:
        if type(told) is str and len(told) <= MOMENT_CHARS:
            moment = datetime.fromisoformat(told)
            return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    raise InvalidInput("at", "must be a date and time like 2026-11-25T09:00:00Z, or milliseconds since 1970")


def _money(sent: Mapping[str, Any], needed: bool) -> dict[str, Any]:
    """Currency, value, tax and shipping, in minor units."""
    currency, _ = read_currency(sent.get("currency"))
    told = [field for field in AMOUNTS if is_told(sent.get(field))]
    if needed and "value" not in told:
        raise InvalidInput("value", "is missing; send the amount of the order or of the refund")
    if not currency and (told or is_told(sent.get("currency"))):
        raise InvalidInput("currency", "must be a code of ISO 4217 like EUR")
    return {"currency": currency} | {field: _amount(sent[field], field, currency) for field in told}


def _amount(told: object, field: str, currency: str) -> int:
    value = amount(told)
    if value is None:
        raise InvalidInput(field, f"must be a number like 20.00, from 0 to {MOST:,}")
    return minor_units(value, currency)


def _items(told: object, problems: list[str]) -> tuple[dict[str, Any], ...]:
    if told is None or told == []:
        return ()
    if type(told) is not list or len(told) > MOST_ITEMS:
        raise InvalidInput("items", f"must be an array of at most {MOST_ITEMS} items")
    return read_items(told, problems).kept


def _flag(sent: Mapping[str, Any], field: str) -> bool | None:
    told = sent.get(field)
    if told is None or type(told) is bool:
        return told
    raise InvalidInput(field, "must be true or false")


def _consent(told: object) -> tuple[str, ...]:
    if told is None:
        return ()
    if type(told) is not list:
        raise InvalidInput("consent", f"must be an array of {', '.join(PURPOSES)}")
    return tuple(word for word in PURPOSES if word in told)


def _recipient(told: object, consent: tuple[str, ...], problems: list[str]) -> str:
    if not is_told(told):
        return ""
    if type(told) is not str:
        raise InvalidInput("recipient", "must be a text")
    check_recipient(told)
    if IDENTIFY in consent:
        return told
    problems.append(NOT_NAMED)
    return ""


def _click(
    told: object, consent: tuple[str, ...], read_click: Callable[[str], bytes | None], problems: list[str]
) -> str:
    if not is_told(told):
        return ""
    if type(told) is not str or not _CLICK.fullmatch(told):
        raise InvalidInput("click", "must be the 43 characters of `mp_cid`")
    if IDENTIFY not in consent:
        problems.append("no_consent:click")
        return ""
    click = read_click(told)
    if click is None:
        problems.append("bad:click")
    return (click or b"").hex()


def _id(sent: Mapping[str, Any], field: str) -> str:
    told = sent.get(field)
    if not is_told(told):
        return ""
    if type(told) is str and ID.fullmatch(told):
        return told
    raise InvalidInput(field, _ID_FORM)


def _event_id(sent: Mapping[str, Any], of_purchase: str) -> str:
    """The id that both sides give the event. That of a purchase is longer than others where its order id is long."""
    if of_purchase and sent.get("event_id") == of_purchase:
        return of_purchase
    return _id(sent, "event_id") or of_purchase


def _refund_id(sent: Mapping[str, Any], is_refund: bool) -> str:
    refund_id = _id(sent, "refund_id")
    if is_refund and not refund_id:
        raise InvalidInput("refund_id", "is missing; give every refund an id, so that it is counted once")
    if refund_id and not is_refund:
        raise InvalidInput("refund_id", "belongs to a refund; leave it out, or send the name refund")
    return refund_id
