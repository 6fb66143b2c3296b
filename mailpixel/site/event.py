"""One event of an envelope: refused with a word, or read to the step that the log keeps."""

import re
from typing import Any, NamedTuple

from msgspec import Struct

from mailpixel.site.consent import Consent
from mailpixel.site.fields import Read, is_told, read_data
from mailpixel.site.names import PAGE_VIEW, PURCHASE, read_name, required_fields
from mailpixel.site.outcomes import ReadEvent, Signals
from mailpixel.site.pages import Page, origin_of, read_page
from mailpixel.site.personal import looks_personal
from mailpixel.site.refusals import Refusal
from mailpixel.site_model import OrderClaim, OrderSource, Site, Step

ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""The id of an event, and of an order: no address fits."""
MOST_AGE_MS = 259_200_000
"""How old an event may be when it is sent: three days."""
MOST_PROBLEMS = 50
"""How many words the log keeps of one event."""
_NAV = re.compile("load|route|restored|call")
VIEW = re.compile(r"[A-Za-z0-9_-]{22}")
"""The id of a page view."""
_SHOWN_CHARS = 40


class Envelope(Struct, frozen=True, gc=False):
    """What all events of one envelope share. Without `needs_ids`, as in a GIF, an event may lack its id.

    `may_be_large` says that the envelope is larger than the data of one event may be.
    """

    site: Site
    signals: Signals
    consent: Consent
    click: str = ""
    visitor: str = ""
    automated: bool = False
    is_foreign: bool = False
    needs_ids: bool = True
    may_be_large: bool = False


class _Head(NamedTuple):
    """What an event must have: with any flaw in it, the event is refused."""

    name: str
    id: str
    age_ms: int
    page: Page


def read_event(sent: object, envelope: Envelope) -> ReadEvent:
    """The event as it was read. One that is refused has that word as its only problem."""
    if type(sent) is not dict:
        return ReadEvent("", False, (Refusal.MALFORMED,))
    problems: list[str] = []
    order_id = read_order_id(_told_order(sent)) if sent.get("name") == PURCHASE else ""
    head = _head(sent, order_id, envelope, problems)
    if isinstance(head, Refusal):
        return _refused(sent, head)
    read = read_data(sent.get("data"), head.name, problems, envelope.may_be_large)
    if head.name == PURCHASE:
        _check_order_id(read, order_id, _told_order(sent), problems)
    for field in required_fields(head.name, envelope.site):
        if not is_told(sent.get("data", {}).get(field) if type(sent.get("data")) is dict else None):
            problems.append(f"missing:{field}")
    step = _step(sent, head, read, envelope, problems)
    order = _order(step, read, envelope.click) if order_id else None
    return ReadEvent(head.name, True, step.problems, step, order, order_id)


def _head(sent: dict[str, Any], order_id: str, envelope: Envelope, problems: list[str]) -> _Head | Refusal:
    name = read_name(sent.get("name"), envelope.site)
    if isinstance(name, Refusal):
        return name
    event_id = "purchase:" + order_id if order_id else _id(sent, envelope, problems)
    if isinstance(event_id, Refusal):
        return event_id
    age_ms = _age(sent, problems)
    if isinstance(age_ms, Refusal):
        return age_ms
    page = _page(sent, name, envelope, problems)
    return page if isinstance(page, Refusal) else _Head(name, event_id, age_ms, page)


def _refused(sent: dict[str, Any], refusal: Refusal) -> ReadEvent:
    name = sent.get("name")
    shown = name[:_SHOWN_CHARS] if isinstance(name, str) and not looks_personal(name) else ""
    return ReadEvent(shown, False, (refusal,))


def _told_order(sent: dict[str, Any]) -> object:
    data = sent.get("data")
    return data.get("transaction_id") if type(data) is dict else None


def read_order_id(told: object) -> str:
    """An order id as text; empty where none can be used."""
    text = str(told) if type(told) is int else told
    return text if type(text) is str and ID.fullmatch(text) else ""


def _id(sent: dict[str, Any], envelope: Envelope, problems: list[str]) -> str | Refusal:
    told = sent.get("id")
    if told is None and not envelope.needs_ids:
        problems.append("missing:id")
        return ""
    return told if type(told) is str and ID.fullmatch(told) else Refusal.BAD_ID


def _age(sent: dict[str, Any], problems: list[str]) -> int | Refusal:
    told = sent.get("age_ms")
    if told is None:
        return 0
    if type(told) is not int:
        return Refusal.BAD_AGE
    if told < 0:
        problems.append("clock:negative_age")
    return max(0, told) if told <= MOST_AGE_MS else Refusal.TOO_OLD


def _page(sent: dict[str, Any], name: str, envelope: Envelope, problems: list[str]) -> Page | Refusal:
    url = sent.get("url")
    is_told = url is not None and url != ""
    page = read_page(url, envelope.site) if is_told or name == PAGE_VIEW else Page("")
    if isinstance(page, Refusal):
        return page
    if page.personal:
        problems.append("personal:url")
    return Refusal.FOREIGN if envelope.is_foreign else page


def _check_order_id(read: Read, order_id: str, told: object, problems: list[str]) -> None:
    """Keep the order id of a purchase, or say what is wrong with it. Any address in it is reported as such, too."""
    if order_id:
        read.kept["transaction_id"] = order_id
    elif not is_told(told):
        problems.append("missing:transaction_id")
    else:
        if isinstance(told, str) and looks_personal(told):
            problems.append("personal:transaction_id")
        problems.append("bad:transaction_id")


def _step(sent: dict[str, Any], head: _Head, read: Read, envelope: Envelope, problems: list[str]) -> Step:
    view = _one_of_form(sent, "view", VIEW, problems)
    nav = _one_of_form(sent, "nav", _NAV, problems)
    referrer = _referrer(sent.get("referrer"), problems)
    consent = envelope.consent
    return Step(
        name=head.name,
        id=head.id,
        at_ms=envelope.signals.now_ms - head.age_ms,
        url=head.page.url,
        referrer=referrer,
        view=view,
        nav=nav,
        data=read.kept,
        problems=tuple(dict.fromkeys(problems))[:MOST_PROBLEMS] if problems else (),
        consent=consent.purposes,
        source=consent.source,
        version=consent.version,
        click=envelope.click,
        visitor=envelope.visitor,
        automated=envelope.automated,
    )


def _one_of_form(sent: dict[str, Any], field: str, form: re.Pattern[str], problems: list[str]) -> str:
    """A text of this form; empty where there is none. Any other value is a problem."""
    told = sent.get(field)
    if told is None or told == "":
        return ""
    if type(told) is str and form.fullmatch(told):
        return told
    problems.append(f"bad:{field}")
    return ""


def _referrer(told: object, problems: list[str]) -> str:
    if not is_told(told):
        return ""
    origin = origin_of(told)
    if not origin:
        problems.append("bad:referrer")
    return origin


def _order(step: Step, read: Read, click: str) -> OrderClaim:
    """The claim of a purchase about its order. Money needs its currency: without one, no amount is claimed."""
    return OrderClaim(
        source=OrderSource.BROWSER,
        at_ms=step.at_ms,
        currency=read.currency,
        value=read.minor.get("value"),
        tax=read.minor.get("tax"),
        shipping=read.minor.get("shipping"),
        items=read.items,
        click=click,
        consent=step.consent,
        event_id=step.id,
        problems=step.problems,
    )
