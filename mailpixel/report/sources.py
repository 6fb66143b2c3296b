"""Sources that followed links of many recipients, for an operator to review."""

from collections.abc import Iterable
from typing import Any

from mailpixel.classify.sources import SourceEvidence
from mailpixel.model import Network
from mailpixel.report.moments import iso_ms
from mailpixel.traffic.networks import NetworkTable, network_of

Listed = tuple[SourceEvidence, Network | None]
"""A source and the entry that covers its address."""


def hastiest_first(found: Iterable[SourceEvidence], networks: NetworkTable, least: int) -> list[Listed]:
    """The sources with at least `least` recipients, those without a network entry first.

    Each group is in order of haste, then of recipients, highest first.
    """
    listed = [(each, networks.lookup(each.address)) for each in found if each.recipients >= least]
    return sorted(listed, key=_place)


def source_json(listed: Listed, by_network: bool) -> dict[str, Any]:
    """A source as JSON, with the entry that covers its address.

    {"address","agent","recipients","campaigns","messages","clicks","links_per_message","haste","soon",
    "busiest_minute","unopened","machine","first_at","last_at","network","command"}.

    `soon` and `unopened` are shares of the messages, `machine` is a share of the clicks; see `SourceEvidence`. `soon`
    is null if neither a delivery nor a sending time is known. `network` is {"prefix","name","scope","certainty"} of
    the entry that covers the address. `command` is the command that adds an entry. One of the two is null. With
    `by_network`, only the networks of addresses are stored.
    """
    source, entry = listed
    return {
        "address": source.address,
        "agent": source.agent,
        "recipients": source.recipients,
        "campaigns": source.campaigns,
        "messages": source.messages,
        "clicks": source.clicks,
        "links_per_message": round(source.links / source.messages, 2),
        "haste": round(source.haste, 4),
        "soon": round(source.soon / source.messages, 4) if source.timed else None,
        "busiest_minute": source.busiest,
        "unopened": round(source.unopened / source.messages, 4),
        "machine": round(source.machine / source.clicks, 4),
        "first_at": iso_ms(source.first_ms),
        "last_at": iso_ms(source.last_ms),
        "network": None if entry is None else _entry_json(entry),
        "command": _command(source, by_network) if entry is None else None,
    }


def _place(listed: Listed) -> tuple[object, ...]:
    source, entry = listed
    return entry is not None, -source.haste, -source.recipients, source.address, source.agent


def _entry_json(entry: Network) -> dict[str, str]:
    return {
        "prefix": entry.prefix,
        "name": entry.name,
        "scope": str(entry.scope),
        "certainty": str(entry.certainty),
    }


def _command(source: SourceEvidence, by_network: bool) -> str:
    """The command that adds the entry, under a provisional name, because the owner of the network is unknown."""
    prefix = network_of(source.address) if by_network else source.address
    seen = (iso_ms(source.last_ms) or "")[:10]
    return f"mailpixel networks add {prefix} --name seen-{seen}"
