"""The short way for what most envelopes are: page views as the script sends them, with nothing to say about them.

It reads a body only when the whole reader would find no flaw in it, and gives what that would give. Addresses,
origins and consent that many visitors share are judged once and remembered.
"""

from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import Struct

from mailpixel.site.consent import MEASURE, VERSION_CHARS, Consent, read_consent
from mailpixel.site.event import ID, MOST_AGE_MS, VIEW
from mailpixel.site.outcomes import Outcome, ReadEvent, Reading, Signals
from mailpixel.site.pages import Page, is_foreign, origin_of, read_page
from mailpixel.site.refusals import Refusal
from mailpixel.site_model import Site, Step

MOST_EVENTS = 20
VERSION = 1
"""The version of the envelope that is known."""
PURPOSES_NAMED = 4
"""Envelopes that name more purposes repeat themselves."""
REMEMBERED_CHARS = 512
"""The longest address and origin that is remembered."""
PAGES, ORIGINS, CONSENTS = 4_096, 1_024, 1_024
"""How many are remembered: some megabytes at most."""


class _Proof(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    source: Literal["api", "google", "tcf", "none_needed", ""] = ""
    version: str = ""


class _View(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A page view. Its age is of any type, because a whole number must be told from `12.0`."""

    name: Literal["page_view"]
    id: str
    url: str
    age_ms: Any = 0
    referrer: str = ""
    view: str = ""
    nav: Literal["load", "route", "restored", "call", ""] = ""


class _Sent(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    v: Any
    events: list[_View]
    consent: tuple[Literal["measure", "identify", "share", "personalise"], ...] | None = None
    proof: _Proof | None = None
    sent_ms: Any = None
    automated: Any = None


_DECODER = msgspec.json.Decoder(_Sent)
_NO_PROOF = _Proof()


def read_plain(body: bytes, site: Site, signals: Signals) -> Reading | None:
    """What the whole reader makes of a body without any flaw; None for any other."""
    try:
        sent = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    consent = _consent_of(sent, site, signals)
    if consent is None or not _is_plain(sent, site, signals):
        return None
    events = []
    for view in sent.events:
        step = _step_of(view, site, signals, consent, sent.automated == 1)
        if step is None:
            return None
        events.append(ReadEvent("page_view", True, (), step))
    clock = sent.sent_ms
    return Reading(
        Outcome.LOGGED,
        (),
        tuple(events),
        consent=consent.purposes,
        source=consent.source,
        sent_ms=clock if type(clock) is int and abs(clock) < 2**63 else None,
    )


def _is_plain(sent: _Sent, site: Site, signals: Signals) -> bool:
    """Whether nothing stands against the envelope as a whole."""
    return (
        type(sent.v) is int
        and sent.v == VERSION
        and 0 < len(sent.events) <= MOST_EVENTS
        and not site.plan
        and len(signals.origin) <= REMEMBERED_CHARS
        and not _is_foreign(signals.origin, site.hosts)
    )


def _consent_of(sent: _Sent, site: Site, signals: Signals) -> Consent | None:
    """The consent of the envelope; None where measuring is not agreed to, or where it is too long to remember."""
    told, proof = sent.consent, sent.proof or _NO_PROOF
    if (told is not None and len(told) > PURPOSES_NAMED) or len(proof.version) > VERSION_CHARS:
        return None
    return _consent(site.ask, signals.gpc, told, proof.source, proof.version)


def _step_of(view: _View, site: Site, signals: Signals, consent: Consent, automated: bool) -> Step | None:
    age_ms, url = view.age_ms, view.url
    if type(age_ms) is not int or not 0 <= age_ms <= MOST_AGE_MS or len(url) > REMEMBERED_CHARS:
        return None
    page, referrer = _page(url, site.hosts, site.keep), _referrer(view.referrer)
    if page is None or referrer is None or not ID.fullmatch(view.id):
        return None
    if view.view and not VIEW.fullmatch(view.view):
        return None
    return Step(
        "page_view",
        view.id,
        signals.now_ms - age_ms,
        page,
        referrer,
        view.view,
        view.nav,
        consent=consent.purposes,
        source=consent.source,
        version=consent.version,
        automated=automated,
    )


def _referrer(told: str) -> str | None:
    """The origin of the page before; None for a flaw, or for one too long to remember."""
    if not told:
        return ""
    return _origin(told) if len(told) <= REMEMBERED_CHARS else None


@lru_cache(maxsize=CONSENTS)
def _consent(ask: bool, gpc: bool, told: tuple[str, ...] | None, source: str, version: str) -> Consent | None:
    proof = {"source": source, "version": version}
    sent = {"consent": None if told is None else list(told), "proof": proof}
    consent = read_consent(sent, Site("", "", (), ask=ask), gpc)
    return consent if MEASURE in consent.purposes else None


@lru_cache(maxsize=PAGES)
def _page(url: str, hosts: tuple[str, ...], keep: tuple[str, ...]) -> str | None:
    """The address as it is kept; None where anything is wrong with it."""
    page: Page | Refusal = read_page(url, Site("", "", hosts, keep=keep)) if url else Refusal.BAD_URL
    return None if isinstance(page, Refusal) or page.personal else page.url


@lru_cache(maxsize=ORIGINS)
def _origin(told: str) -> str | None:
    return origin_of(told) or None


@lru_cache(maxsize=ORIGINS)
def _is_foreign(origin: str, hosts: tuple[str, ...]) -> bool:
    return is_foreign(origin, Site("", "", hosts))
