"""What stands for an address: tags over midnight, networks of their day, and what the operator changed since."""

from msgspec.structs import replace

from mailpixel.classify import Certainty, Network, NetworkTable, Rules, Scope, judge
from mailpixel.classify.origins import NOWHERE, network_of, origins_of
from mailpixel.model import Event, Facts
from tests.support.builders import a_campaign, a_click, a_message, an_open
from tests.support.judging import PERSON

OLD, NEW, NEWEST = b"oldTOLDN", b"newTNEWN", b"nextNXTN"
"""Tags of three days, for one address."""
GATE = Network("198.51.100.0/22", "gate", Scope.ALL, Certainty.CERTAIN)
HOST = Network("198.51.100.7/32", "host", Scope.ALL, Certainty.CERTAIN)
SHIPPED = Network("203.0.112.0/22", "mail", Scope.ALL, Certainty.CERTAIN, "published", "2026-11")


def hit(tag: bytes, former: bytes = b"", **fields: object) -> Event:
    return an_open(60.0, **({"address": "", "tag": tag, "former_tag": former} | fields))


def test_a_hit_with_two_tags_joins_the_hits_of_both_days() -> None:
    events = [hit(OLD), hit(NEW, OLD), hit(NEW), hit(NEWEST, NEW), hit(NEWEST), hit(b"othrOTHR")]
    origins = origins_of(events)
    assert [origins.of(event) for event in events] == [b"oldT"] * 5 + [b"othr"]
    assert [origins.place(event) for event in events] == [b"OLDN"] * 5 + [b"OTHR"]


def test_without_a_hit_after_midnight_two_days_are_two_origins() -> None:
    events = [hit(OLD), hit(NEW)]
    assert len({origins_of(events).of(event) for event in events}) == 2


def test_a_hit_from_nowhere_is_from_no_address() -> None:
    assert origins_of([hit(NOWHERE)]).of(hit(NOWHERE)) == ""


def entry_of(entry: Network | None, address: str = "", **more: object) -> Network | None:
    return network_of(hit(OLD, network=entry, address=address), Rules(**more))  # type: ignore[arg-type]


def test_an_older_hit_keeps_the_entry_of_its_day_unless_it_was_struck_out() -> None:
    corrected = replace_scope(GATE)
    assert entry_of(GATE, networks=(GATE,)) == GATE
    assert entry_of(GATE, networks=(corrected,)) == GATE
    assert entry_of(GATE) is None
    assert entry_of(None, networks=(GATE,)) is None


def replace_scope(entry: Network) -> Network:
    return Network(entry.prefix, entry.name, Scope.CLICKS, Certainty.PROBABLE)


def test_a_published_entry_counts_until_the_operator_disables_it() -> None:
    assert entry_of(SHIPPED) == SHIPPED
    assert entry_of(SHIPPED, without=frozenset({SHIPPED.prefix})) is None


def test_where_the_network_is_kept_todays_entries_for_all_of_it_count() -> None:
    assert entry_of(None, "198.51.100.0", networks=(GATE,)) == GATE
    assert entry_of(GATE, "198.51.100.0", networks=(replace_scope(GATE),)) == replace_scope(GATE)
    assert entry_of(GATE, "198.51.100.0") is None
    narrow = Network("198.51.100.0/28", "few", Scope.ALL, Certainty.CERTAIN)
    assert entry_of(None, "198.51.100.0", networks=(narrow,)) is None
    assert entry_of(HOST, "198.51.100.0", networks=(GATE, HOST)) == HOST
    assert entry_of(HOST, "198.51.100.0", networks=(GATE,)) == GATE


def test_a_whole_network_is_looked_up_by_its_length_in_both_versions() -> None:
    wide = Network("2001:db8::/32", "wide")
    table = NetworkTable((GATE, HOST, wide, Network("2001:db8:7::/56", "narrow")))
    assert table.lookup_whole("198.51.100.0", 24) == GATE
    assert table.lookup_whole("198.51.104.0", 24) is None
    assert table.lookup_whole("2001:db8:7::", 48) == wide
    assert table.lookup_whole("", 24) is None


def test_the_operators_bit_makes_a_hit_internal_and_so_does_a_network_that_is_kept() -> None:
    own = hit(OLD, facts=PERSON | Facts.OWN_NETWORK)
    kept = hit(OLD, address="192.0.2.0", facts=PERSON)
    tagged = hit(OLD, facts=PERSON)
    rules = Rules(operator_networks=("192.0.0.0/16",))
    found = [judge(a_message(event), a_campaign(), rules)[0].rule for event in (own, kept, tagged)]
    assert found == ["internal", "internal", "default"]


def test_a_repeat_over_midnight_is_one() -> None:
    first = a_click(600.0, address="", tag=OLD)
    again = a_click(603.0, address="", tag=NEW, former_tag=OLD)
    assert [found.dup for found in judge(a_message(first, again), a_campaign(), Rules())] == [False, True]
    without = replace(again, former_tag=b"")
    assert [found.dup for found in judge(a_message(first, without), a_campaign(), Rules())] == [False, False]
