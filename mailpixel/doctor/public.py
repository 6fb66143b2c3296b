"""Checks of a public address from outside, through any proxy in front of the service."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from mailpixel.claims import Claims, TokenKind
from mailpixel.doctor.arrivals import NAME, check_head
from mailpixel.doctor.http import BAD_CERTIFICATE, NO_TLS, NOBODY, UNKNOWN_HOST, HttpAnswer, NoAnswer, ask
from mailpixel.doctor.local import Check, Grade
from mailpixel.errors import InvalidInput
from mailpixel.links.hosts import is_this_machine
from mailpixel.links.surfaces import LINK, OPT_OUT, SURFACES
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import check_base_url, click_url, optout_url, pixel_url
from mailpixel.model import Campaign
from mailpixel.modes import FULL
from mailpixel.server.reader_pages import NOT_FOUND_PAGE
from mailpixel.server.replies import NO_STORE, PIXEL_GIF
from mailpixel.store.log import MessageReader

NAMED = 3
"""How many campaigns of one address are named."""


@dataclass(frozen=True, slots=True)
class Address:
    """A public address, and in order of id the campaigns that have it as their own: none for the service's."""

    base_url: str
    campaigns: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The address and whose it is."""
        more = len(self.campaigns) - NAMED
        named = ", ".join(self.campaigns[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
        whose = f"of campaign(s) {named}" if self.campaigns else "of this service"
        return f"{self.base_url}, {whose}"

    @property
    def setting(self) -> str:
        """What sets it, for a remedy."""
        return (
            f"`mailpixel campaign edit {self.campaigns[0]} --base-url`"
            if self.campaigns
            else "MAILPIXEL_BASE_URL"
        )


def addresses(base_url: str, campaigns: Iterable[Campaign]) -> list[Address]:
    """Every address once: the service's, then the others in order of the first campaign that has each."""
    with suppress(InvalidInput):  # an invalid one is reported when it is checked
        base_url = check_base_url(base_url)
    own: defaultdict[str, list[str]] = defaultdict(list)
    for campaign in campaigns:
        if campaign.base_url and campaign.base_url != base_url:
            own[campaign.base_url].append(campaign.id)
    return [Address(base_url), *(Address(url, tuple(ids)) for url, ids in own.items())]


CLOCK_WARN_S, CLOCK_FAIL_S = 5, 60
"""A Date header is up to a second old, and people's clocks drift by seconds; past a minute clicks look too early."""

_DIRECTIVES = frozenset(NO_STORE[1].decode().split(", "))
_FORBIDDEN = ("etag", "last-modified", "set-cookie", "content-encoding")
_PREFIXES = ", ".join(surface.prefix for surface in SURFACES)
_TO_SERVICE = f"let the proxy pass {_PREFIXES} to mailpixel, unchanged and never from a cache"


def check_public(
    address: Address, signer: TokenSigner | None, store: MessageReader | None = None
) -> Iterator[Check]:
    """Check a public address; without a signer nothing is signed, and without the log nothing looked for there.

    Ends early where the service cannot be reached.
    """
    try:
        base_url = check_base_url(address.base_url, "base URL")
    except InvalidInput as error:
        yield Check("base URL", Grade.FAIL, error.problem, f"set the public address with {address.setting}")
        return
    yield scheme(address)
    answer, clock_s = _timed(lambda: ask(pixel_url(base_url, NAME)))
    reached = reach(answer, address)
    yield reached
    if isinstance(answer, NoAnswer) or reached.grade is Grade.FAIL:
        return
    yield pixel(answer)
    yield clock(answer, clock_s)
    yield redirects(ask(click_url(base_url, NAME)))
    if signer is not None:
        token = signer.sign(Claims(TokenKind.MESSAGE, NAME, NAME, preview=True))
        shared = shared_keys(ask(optout_url(base_url, token)))
        yield shared
        if shared.grade is Grade.OK:
            moded = signer.sign(Claims(TokenKind.MESSAGE, NAME, NAME, preview=True, modes=FULL))
            yield new_tokens(ask(optout_url(base_url, moded)))
        if store is not None and shared.grade is Grade.OK:
            yield check_head(base_url, signer, store)


def new_tokens(answer: HttpAnswer | NoAnswer) -> Check:
    """Whether the service reads tokens that carry modes, as signers write them once a mode was set."""
    name = "new tokens"
    if isinstance(answer, NoAnswer):
        return Check(name, Grade.WARN, answer.problem, "run `mailpixel doctor` again")
    if answer.status == 200:
        return Check(name, Grade.OK, "tokens with modes are read")
    problem = (
        f"{answer.status}: the service is of an earlier release; links signed with a mode would not work"
    )
    return Check(
        name, Grade.FAIL, problem, "restart it with this release before you set MAILPIXEL_MODE and sign"
    )


def _timed(asked: Callable[[], HttpAnswer | NoAnswer]) -> tuple[HttpAnswer | NoAnswer, float]:
    """The answer and the clock (seconds since 1970) half-way between question and answer."""
    before = time.time()
    answer = asked()
    return answer, (before + time.time()) / 2


def scheme(address: Address) -> Check:
    """Whether the address is https; plain http is for trials on one machine."""
    name, remedy = "https", f"put a TLS proxy in front and set its https address with {address.setting}"
    if address.base_url.startswith("https://"):
        return Check(name, Grade.OK, "is encrypted")
    if is_this_machine(address.base_url):
        return Check(
            name, Grade.WARN, "plain http that only this machine can reach, which is fine for a test", remedy
        )
    return Check(name, Grade.FAIL, "is not encrypted", remedy)


def reach(answer: HttpAnswer | NoAnswer, address: Address) -> Check:
    """Whether the service itself answers at the address, and not a proxy in its place."""
    name = "reachable"
    if isinstance(answer, NoAnswer):
        remedy = _WAYS_TO.get(answer.problem, "check the firewall and the proxy")
        return Check(name, Grade.FAIL, answer.problem, f"{remedy}; or correct the address: {address.setting}")
    if answer.status in _AWAY:
        remedy = "start `mailpixel serve`, and let the proxy forward to its port"
        return Check(
            name,
            Grade.FAIL,
            f"the proxy returned {answer.status}: mailpixel is not running behind it",
            remedy,
        )
    if 300 <= answer.status < 400:
        remedy = f"set the final address: {address.setting}"
        return Check(name, Grade.WARN, f"redirects ({answer.status}), which delays readers", remedy)
    return Check(name, Grade.OK, f"answers {answer.status}")


_AWAY = frozenset({502, 503, 504})
_WAYS_TO = {
    UNKNOWN_HOST: "create a DNS record for this name",
    NOBODY: "start `mailpixel serve` and the proxy in front of it",
    BAD_CERTIFICATE: "give the proxy a valid certificate for this name, with its whole chain",
    NO_TLS: "let the proxy speak TLS at this port",
}
"""Remedies, by problem."""


def pixel(answer: HttpAnswer) -> Check:
    """Whether the pixel comes as it was sent: never to be kept, nothing added, nothing changed."""
    problems = list(_pixel_problems(answer))
    if problems:
        return Check("pixel", Grade.FAIL, "; ".join(problems), _TO_SERVICE)
    if answer.headers.get("x-content-type-options", "").lower() != "nosniff":
        return Check("pixel", Grade.WARN, "X-Content-Type-Options is missing", _TO_SERVICE)
    return Check("pixel", Grade.OK, "the GIF and its headers arrive unchanged")


def _pixel_problems(answer: HttpAnswer) -> Iterator[str]:
    if answer.status != 200:
        yield f"the answer is {answer.status} instead of 200"
        return
    if answer.body != PIXEL_GIF:
        yield f"the body is not the pixel ({len(answer.body):,} bytes)"
    if answer.headers.get("content-type") != "image/gif":
        yield "Content-Type is not image/gif"
    directives = {part.strip().lower() for part in answer.headers.get("cache-control", "").split(",")}
    if missing := sorted(_DIRECTIVES - directives):
        yield f"Cache-Control lacks {', '.join(missing)}"
    if "age" in answer.headers:
        yield "a cache answers (Age)"
    yield from (f"{name} was added" for name in _FORBIDDEN if name in answer.headers)


def clock(answer: HttpAnswer, now_s: float) -> Check:
    """Whether this machine's clock and the service's agree. `now_s` is ours, in seconds since 1970."""
    name, remedy = "clock", "synchronise the clocks (NTP): rules compare the times of hits and deliveries"
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return Check(
            name,
            Grade.WARN,
            "the answer has no Date header to compare with",
            "let the proxy pass the Date header",
        )
    theirs_s = (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)).timestamp()
    apart_s = abs(now_s - theirs_s)
    grade = Grade.OK if apart_s <= CLOCK_WARN_S else Grade.WARN if apart_s <= CLOCK_FAIL_S else Grade.FAIL
    if grade is Grade.OK:
        return Check(name, grade, f"within {CLOCK_WARN_S} s of the service's")
    return Check(name, grade, f"{apart_s:,.0f} s away from the service's", remedy)


def redirects(answer: HttpAnswer | NoAnswer) -> Check:
    """Whether a bad link gets our own page: then the prefix of links leads to the service."""
    if isinstance(answer, HttpAnswer) and (answer.status, answer.body) == (404, NOT_FOUND_PAGE):
        return Check("links", Grade.OK, f"{LINK.prefix} leads to the service")
    found = (
        answer.problem
        if isinstance(answer, NoAnswer)
        else f"{LINK.prefix} answers {answer.status}, not the page of the service"
    )
    return Check("links", Grade.FAIL, found, _TO_SERVICE)


def shared_keys(answer: HttpAnswer | NoAnswer) -> Check:
    """Whether the service reads what is signed here."""
    if isinstance(answer, HttpAnswer) and answer.status == 200:
        return Check("shared keys", Grade.OK, "the service accepts links signed here")
    if isinstance(answer, HttpAnswer) and answer.status == 404:
        found, remedy = (
            "the service does not have the keys of this folder",
            "use the same --data or MAILPIXEL_KEYS for both",
        )
        return Check("shared keys", Grade.FAIL, found, remedy)
    found = answer.problem if isinstance(answer, NoAnswer) else f"{OPT_OUT.prefix} answers {answer.status}"
    return Check("shared keys", Grade.FAIL, found, _TO_SERVICE)
