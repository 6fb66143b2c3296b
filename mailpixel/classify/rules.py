"""The rules in force: the rules themselves, the operator's additions, and the thresholds."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Self

from mailpixel.classify.appearance import Appearances
from mailpixel.classify.thresholds import Thresholds, VisitThresholds
from mailpixel.errors import InvalidInput
from mailpixel.model import Network, Verdict
from mailpixel.traffic.agent_lists import shipped_lists
from mailpixel.traffic.networks import NetworkTable, canonical_prefix, read_network

EDITION = 4
"""Increase it whenever a rule's code decides differently, so that old verdicts are known to be of other rules."""
VISIT_EDITION = 1
"""The same for the rules of visits to web sites, and for their thresholds. Less than `VISIT_EDITIONS`."""
VISIT_EDITIONS = 1_000


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the ordered table: its name as used in verdicts, and a description for people."""

    name: str
    summary: str


RULES: tuple[Rule, ...] = (
    Rule("internal", "The sender's own hits (seed recipients, own networks, previews) are never counted."),
    Rule("method", "Only a GET loads an image or follows a link; HEAD, OPTIONS and the like are probes."),
    Rule(
        "purpose",
        "The browser says that it loads ahead of the reader (Sec-Purpose, Purpose, X-Purpose or X-Moz).",
    ),
    Rule(
        "mail_proxy",
        "The image proxies of Gmail, Yahoo, Seznam and Microsoft fetch when the reader looks, unless it is just "
        "after delivery.",
    ),
    Rule(
        "apple_mpp",
        "Apple Mail Privacy Protection loads every image whether or not the mail is read, so it may hide a reader.",
    ),
    Rule(
        "gmail_prefetch", "Gmail loads images ahead while a session is open, with a distinctive user agent."
    ),
    Rule(
        "declared",
        "The user agent names a machine (security scanner, link preview, monitor, library, crawler), or is missing.",
    ),
    Rule(
        "trap",
        "A link hidden from readers was followed, or a damaged address was requested: the source follows "
        "links blindly.",
    ),
    Rule("burst", "Several different links of one message were followed faster than a person reads."),
    Rule(
        "instant",
        "The hit came very soon; a click within two seconds of delivery (of sending, where no delivery is known), or "
        "before delivery within 30 seconds of sending, needs no other evidence.",
    ),
    Rule("network", "The address belongs to a network known for checking mail."),
    Rule(
        "pair",
        "The same link was followed at nearly the same moment from elsewhere, with better evidence of a person.",
    ),
    Rule(
        "client",
        "The user agent names a browser, but the headers such a browser sends are missing, or a page loaded the "
        "link into a frame.",
    ),
    Rule(
        "no_open",
        "The link was followed although the message had not been opened, and its opens are measured.",
    ),
    Rule("default", "No rule identified a machine."),
)
"""In order of decision: the first match wins. `instant` to `no_open` are soft: two of them are needed to decide."""

VISIT_RULES: tuple[Rule, ...] = (
    Rule(
        "internal",
        "The operator's own visits (own networks, previews) are never counted; one such event tells of the whole day.",
    ),
    Rule("method", "Only a GET loads the image and only a POST sends events; any other request is a probe."),
    Rule(
        "purpose",
        "The browser says that it loads a page ahead of its visitor, so what that page sent is left out.",
    ),
    Rule(
        "declared",
        "The user agent names a machine (crawler, monitor, library, scanner, a mailbox's image proxy), or is missing.",
    ),
    Rule("automated", "The browser itself said that a program controls it (`navigator.webdriver`)."),
    Rule("flood", "Pages were viewed faster than a person can look at them."),
    Rule("network", "The address belongs to a network known for machines."),
    Rule(
        "client",
        "The user agent names a browser, but the headers such a browser sends are missing, or others are there.",
    ),
    Rule(
        "spin",
        "Two of these hold: nothing happened beyond the first second, nothing happened twice, and a desktop browser "
        "came from a network known for machines.",
    ),
    Rule(
        "claimed",
        "A purchase came without any page viewed before it: it stays a step, and only the shop's server can confirm "
        "its money.",
    ),
    Rule("default", "No rule identified a machine."),
)
"""In order of decision: the first match wins.

`network` (where people may use it too), `client` and `spin` are soft: two of them are needed to decide. `claimed` comes
last of all, because it does not say that a machine came.
"""


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """An agent that the operator knows. An agent that contains this text, in any case, gets the verdict."""

    contains: str
    verdict: Verdict

    @classmethod
    def read(cls, row: Mapping[str, object]) -> Self:
        """Read a JSON object with `contains` and `verdict`.

        Raises `InvalidInput` for an empty text or an unknown verdict.
        """
        contains = str(row.get("contains", "")).strip()
        if not contains:
            raise InvalidInput("contains", "is empty; give a part of the user agent")
        try:
            return cls(contains.lower(), Verdict(str(row.get("verdict", ""))))
        except ValueError:
            raise InvalidInput("verdict", f"must be one of {', '.join(Verdict)}") from None


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that a verdict depends on besides the message itself. It can be pickled for other processes.

    `seeds` are the sender's test recipients, `operator_networks` the sender's networks in CIDR notation.
    `networks` and `agents` are the operator's additions to the shipped lists, and `without` are shipped
    networks that the operator disabled. `thresholds` are those of mail, `visits` those of web sites. Raises
    `InvalidInput` for an invalid network.
    """

    seeds: frozenset[str] = frozenset()
    operator_networks: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    agents: tuple[KnownAgent, ...] = ()
    without: frozenset[str] = frozenset()
    thresholds: Thresholds = field(default_factory=Thresholds)
    visits: VisitThresholds = field(default_factory=VisitThresholds)
    version: str = field(init=False)
    """A short text that changes whenever verdicts may: rules, thresholds, lists or the operator's additions."""
    operator: NetworkTable = field(init=False, repr=False, compare=False)
    known_networks: NetworkTable = field(init=False, repr=False, compare=False)
    appearances: Appearances = field(init=False, repr=False, compare=False, default_factory=Appearances)
    """What hits showed by themselves so far, by these rules."""
    _own: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        own = tuple(Network(canonical_prefix(prefix), "operator") for prefix in self.operator_networks)
        gone = {canonical_prefix(prefix) for prefix in self.without}
        shipped = (network for network in shipped_networks() if network.prefix not in gone)
        object.__setattr__(self, "operator", NetworkTable(own))
        object.__setattr__(self, "without", frozenset(gone))
        object.__setattr__(self, "_own", frozenset(network.prefix for network in self.networks))
        object.__setattr__(self, "known_networks", NetworkTable((*shipped, *self.networks)))
        object.__setattr__(self, "version", self._fingerprint())

    @property
    def visits_version(self) -> str:
        """The same for verdicts on visits. They depend on lists and additions as those of mail do."""
        return f"{VISIT_EDITION}/{self.version}"

    def counts(self, entry: Network) -> bool:
        """Whether an entry that a hit was logged with still counts: the operator has not struck it out since.

        Entries of the operator have no source. Entries that a later release no longer ships still count.
        """
        return entry.prefix in self._own or (entry.source != "" and entry.prefix not in self.without)

    def _fingerprint(self) -> str:
        parts = (
            EDITION,
            [astuple(rule) for rule in RULES],
            astuple(self.thresholds),
            shipped_lists().fingerprint,
            sorted(self.seeds),
            list(self.operator_networks),
            [astuple(network) for network in self.known_networks.entries],
            [astuple(agent) for agent in self.agents],
        )
        digest = hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
        return f"{EDITION}-{digest[:10]}"


@cache
def shipped_networks() -> tuple[Network, ...]:
    """The published networks this version ships, each with its source and date."""
    text = (files("mailpixel.traffic") / "data" / "networks.json").read_text(encoding="utf-8")
    groups: Iterable[Mapping[str, Any]] = json.loads(text)["groups"]
    return tuple(
        read_network({**group, "prefix": prefix}) for group in groups for prefix in group["prefixes"]
    )
