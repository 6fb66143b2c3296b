"""Hits of every kind, and what becomes of each: to be compared with what an earlier release made of them.

`answers` asks the one function of a hit. `wires` sends whole requests through the protocol, as a client does. Both
give digests: `python -m tests.support.same_hits` writes those of the code as it is to `RECORDED`. Do that only for a
change that is meant to be seen.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from mailpixel.classify import Rules
from mailpixel.event_ids import EventIds
from mailpixel.ingest.committer import Committer
from mailpixel.ingest.held import Counted
from mailpixel.ingest.intake import Intake, Receipt
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.ingest.site_intake import SiteIntake
from mailpixel.links.surfaces import LINK, PIXEL, SITE, Surface
from mailpixel.model import Event, Network
from mailpixel.modes import FULL, Mode
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.resolve import AGGREGATE, LEGACY, Policy, Resolver
from mailpixel.privacy.salts import OwnSalts
from mailpixel.server.door import Door
from mailpixel.server.protocol import TrackingProtocol
from mailpixel.server.replies import Reply
from mailpixel.server.request_reader import RequestReader
from mailpixel.server.site_scripts import SiteScripts
from mailpixel.server.site_tracking import SiteService, SiteTracking
from mailpixel.server.tracking import Tracking
from mailpixel.server.tracking_first import TrackingFirst
from mailpixel.site_model import Site
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.times import DAY_MS
from tests.support.builders import SENT_AT_MS, Known, people_of
from tests.support.envelopes import SHOP
from tests.support.lines import Wire
from tests.support.same_targets import SAID, SIGNER, asked, campaigns, raw_requests, targets

MOMENT = re.compile(r"\b[0-9]{13}\b")
RECORDED = Path(__file__).parent.parent / "data" / "same_hits.json"
MIDNIGHT_MS = SENT_AT_MS // DAY_MS * DAY_MS + DAY_MS


class OneSalt(OwnSalts):
    """The same salt every day, so that tags can be compared."""

    def salt(self, day: int) -> bytes:
        return b"s" * 32


class Variant(NamedTuple):
    """A service as its operator set it up."""

    policy: Policy = Policy()
    cap: int = 5_000
    keep_address: str = "full"
    sure: bool = True
    proxies: Sequence[str] = ()
    at_ms: int = SENT_AT_MS + 60_000
    plain_http: bool = False


VARIANTS: Mapping[str, Variant] = {
    "as installed": Variant(),
    "full, DNT refuses": Variant(Policy(FULL, FULL, dnt=True, seeds=frozenset({"r-seed"}))),
    "of an earlier release": Variant(LEGACY),
    "of an earlier release, networks": Variant(LEGACY, keep_address="network", plain_http=True),
    "unknown and refusing are counted": Variant(Policy(unknown=AGGREGATE, refused=Mode.AGGREGATE)),
    "not sure of people": Variant(sure=False),
    "a low cap, soon after midnight": Variant(cap=2, at_ms=MIDNIGHT_MS + 5_000),
    "behind a proxy": Variant(Policy(FULL, FULL), proxies=("192.0.2.0/24",), keep_address="none"),
}


class World:
    """A service in memory, set up as a variant says."""

    def __init__(self, variant: Variant) -> None:
        registry = MemoryRegistry()
        for campaign in campaigns():
            registry.add_campaign(campaign)
        registry.add_site(SHOP)
        registry.add_site(Site("closed", "f" * 16, ("closed.example",), archived=True))
        registry.record_consents(SAID, SENT_AT_MS)
        cache = RegistryCache(registry, retention_days=730)
        cache.refresh()
        self.live = Known(
            SIGNER, cache, people_of(registry), Resolver(variant.policy), is_sure_of_people=variant.sure
        )
        rules = Rules(
            networks=(Network("203.0.113.0/24", "checker"), Network("2001:db8::/48", "six")),
            operator_networks=("198.51.100.0/25",),
        )
        salts = OneSalt()
        minimiser = Minimiser(salts, lambda: rules, variant.keep_address)
        self.intake = Intake(self.live, variant.cap, minimiser)
        self.intake.ids = EventIds(b"same")
        self.sites = SiteIntake(self.live, minimiser, salts, 20)
        self.reader = RequestReader(variant.proxies, variant.plain_http)
        self.cache = cache


def told_event(event: Event | None, exact: bool) -> tuple[object, ...] | None:
    """All of an event; without the time, and what follows from it, where the clock of the machine made it."""
    if event is None:
        return None
    network = event.network and event.network.prefix
    made = (event.id, event.received_at_ms, event.former_tag) if exact else ()
    kept = (event.kind.value, event.method, event.address, event.agent, int(event.facts), event.campaign)
    named = (event.recipient, event.link, event.destination, event.reason, event.tag, network)
    return (*made, *kept, *named, event.body if exact else MOMENT.sub("then", event.body))


def told(reply: Reply, receipt: Receipt) -> tuple[object, ...]:
    """All of an answer and of what becomes of its hit."""
    overflow, counted = receipt.overflow, receipt.counted
    past = overflow and (overflow.campaign, overflow.recipient, overflow.day, overflow.edge, overflow.hits)
    seen = counted and (told_event(counted.hit, True), counted.recipient)
    sent = (reply.status, sorted(reply.all_headers), reply.body)
    events = (told_event(receipt.event, True), told_event(receipt.evidence, True))
    return (*sent, receipt.outcome.value, receipt.destination, *events, past, seen)


def digest_of(rows: Sequence[object]) -> str:
    """A short digest of these rows."""
    return blake2b(repr(rows).encode(), digest_size=4).hexdigest()


def answers(variant: str) -> Sequence[str]:
    """A digest for each target of what the function of a hit makes of its requests, one after the other."""
    of = VARIANTS[variant]
    world = World(of)

    async def scenario() -> Sequence[str]:
        committer = Committer(MemoryStore(), answer_within_ms=10_000, queue_hits=10)
        tracking = Tracking(world.intake, world.reader, committer, lambda *_: None, lambda: asyncio.sleep(0))
        found: list[str] = []
        for number, target in enumerate(targets()):
            requests = (each.request() for each in asked(target, number))
            rows = [told(*tracking.answer(request, of.at_ms)) for request in requests if request]
            found.append(digest_of(rows))
        await committer.stop(1)
        return found

    return asyncio.run(scenario())


# Whole requests.


class Counts(list[tuple[str, str]]):
    """What was counted: surface and outcome."""

    def note(self, surface: Surface, outcome: Any) -> None:
        self.append((surface.name, outcome.value))


async def not_ours(scope: Any, receive: Any, send: Any) -> None:
    """The app behind the surfaces."""
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Line:
    """A service in memory, and one connection for each request."""

    def __init__(self, variant: str) -> None:
        world = World(VARIANTS[variant])
        self.store, self.counts, self.counted = MemoryStore(), Counts(), list[Counted]()
        self.events: list[Event] = []
        self.store.append = self._append  # type: ignore[method-assign]
        committer = self.committer = Committer(self.store, 60_000, 100_000, take_counted=self._take_counted)
        rest = (world.reader, committer, self.counts.note, lambda: asyncio.sleep(0))
        mail = Tracking(world.intake, *rest)
        sites = SiteTracking(SiteService(world.sites, SiteScripts("https://t.example")), *rest)
        serving = {PIXEL: mail, LINK: mail, SITE: sites}
        self._state: Mapping[str, Any] = {"serving": serving, "door": Door(100_000)}
        self._config = Config("unused:app", interface="asgi3", access_log=False, log_level="error")
        self._config.loaded, self._config.ws_protocol_class = True, None
        self._config.loaded_app = cast(Any, TrackingFirst(not_ours))
        self._server = ServerState()
        self._server.default_headers = [(b"date", b"today")]

    def _take_counted(self, counted: Counted) -> bool:
        self.counted.append(counted)
        return True

    def _append(self, events: Sequence[Event], batch: str = "") -> None:
        self.events += events

    async def send(self, data: bytes) -> Wire:
        """Send these bytes on a connection of their own, and wait for what comes back."""
        wire, requests = Wire(), data.count(b" HTTP/1.")
        wire.protocol = TrackingProtocol(self._config, self._server, dict(self._state))
        wire.protocol.connection_made(cast(Any, wire))
        for at in range(0, len(data), 16_000):
            wire.protocol.data_received(data[at : at + 16_000])
        for _ in range(1_000):
            answered = [status for status in wire.statuses if status != 100]
            if wire.closed or wire.half_closed or len(answered) == requests:
                break
            await asyncio.sleep(0.002)
        wire.protocol.connection_lost(None)
        return wire


def wires(variant: str) -> Mapping[str, str]:
    """A digest of the answers to whole requests, one of the events that were logged, one of what was counted."""

    async def scenario() -> Mapping[str, str]:
        line = Line(variant)
        sent = await asyncio.gather(*map(line.send, raw_requests()))
        await line.committer.stop(10)
        written = [sorted_head(wire.written) for wire in sent]
        events = [told_event(event, False) for event in line.events]
        seen = [(told_event(each.hit, False), each.recipient) for each in line.counted]
        parts = {f"answers {at}": digest_of(written[at : at + 50]) for at in range(0, len(written), 50)}
        return parts | {
            "events": f"{len(events)} {digest_of(sorted(map(repr, events)))}",
            "counted": digest_of(sorted(map(repr, seen))),
            "outcomes": digest_of(sorted(line.counts)),
        }

    return asyncio.run(scenario())


def sorted_head(written: bytes) -> Sequence[bytes]:
    """An answer with its header lines in order, and without its click id, which tells the time."""
    head, _, body = written.partition(b"\r\n\r\n")
    without = head.partition(b"mp_cid=")[0] + b"|" + head.partition(b"mp_cid=")[2][43:]
    return [*sorted(without.split(b"\r\n")), body]


def recorded() -> Mapping[str, Mapping[str, Any]]:
    """What the code as it is makes of all of them."""
    return {
        "answers": {variant: " ".join(answers(variant)) for variant in VARIANTS},
        "wires": {variant: wires(variant) for variant in list(VARIANTS)[:3]},
    }


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(recorded(), indent=1) + "\n")
