"""Which network an address belongs to."""

import pickle

import pytest

from mailpixel.classify import Certainty, Network, NetworkTable, Rules, Scope
from mailpixel.classify.rules import shipped_networks
from mailpixel.errors import InvalidInput
from mailpixel.traffic.networks import canonical_address, canonical_prefix, neighbourhood, read_network

WIDE = Network("192.0.2.0/24", "wide")
NARROW = Network("192.0.2.64/26", "narrow", Scope.ALL, Certainty.CERTAIN)
SIX = Network("2001:db8::/32", "six")
TABLE = NetworkTable((WIDE, NARROW, SIX))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.63", WIDE),
        ("192.0.2.64", NARROW),
        ("192.0.2.127", NARROW),
        ("192.0.2.128", WIDE),
        ("192.0.3.0", None),
        ("::ffff:192.0.2.70", NARROW),
        ("2001:db8:ffff::1", SIX),
        ("2001:db9::1", None),
    ],
)
def test_the_narrowest_network_that_holds_the_address_wins(address: str, found: Network | None) -> None:
    assert TABLE.lookup(address) == found


@pytest.mark.parametrize(
    "address", ["", "localhost", "192.0.2", "192.0.2.300", "1:2", "\x00", "192.0.2.1/24"]
)
def test_what_is_no_address_is_in_no_network(address: str) -> None:
    assert NetworkTable((Network("0.0.0.0/0", "all"), Network("::/0", "all"))).lookup(address) is None


def test_every_address_is_in_the_network_of_all_addresses() -> None:
    everything = Network("::/0", "all")
    assert NetworkTable((everything,)).lookup("2001:db8::1") == everything


def test_a_later_entry_replaces_an_older_one_for_the_same_prefix() -> None:
    newer = Network("192.0.2.0/24", "newer", certainty=Certainty.CERTAIN)
    assert NetworkTable((*TABLE.entries, newer)).lookup("192.0.2.1") == newer
    assert TABLE.lookup("192.0.2.1") == WIDE


def test_a_row_is_read_with_its_prefix_in_the_one_spelling() -> None:
    row = {"prefix": "192.0.2.77/24", "name": "n", "scope": "all", "certainty": "certain", "date": "2026"}
    assert read_network(row) == Network("192.0.2.0/24", "n", Scope.ALL, Certainty.CERTAIN, date="2026")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"prefix": "somewhere"}, "prefix"),
        ({"prefix": "192.0.2.0/33"}, "prefix"),
        ({"prefix": "192.0.2.0/24", "scope": "opens"}, "scope"),
        ({"prefix": "192.0.2.0/24", "certainty": "sure"}, "certainty"),
    ],
)
def test_a_bad_row_is_refused_by_the_name_of_its_field(row: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_network(row)
    assert caught.value.field == field
    assert row[field] not in str(caught.value)


def test_a_bare_address_is_the_network_of_itself() -> None:
    assert canonical_prefix(" 192.0.2.1 ") == "192.0.2.1/32"


def test_neighbours_share_a_small_network() -> None:
    assert neighbourhood("192.0.2.1") == neighbourhood("192.0.2.254")
    assert neighbourhood("192.0.2.1") != neighbourhood("192.0.3.1")
    assert neighbourhood("2001:db8:1:2::1") == neighbourhood("2001:db8:1:ffff::1")
    assert neighbourhood("2001:db8:1::1") != neighbourhood("2001:db8:2::1")


def test_every_shipped_network_names_its_source_and_date() -> None:
    assert shipped_networks()
    assert [network for network in shipped_networks() if not (network.source and network.date)] == []


def test_no_shipped_network_that_is_evidence_is_as_wide_as_a_cloud() -> None:
    evidence = [entry for entry in shipped_networks() if entry.certainty is not Certainty.PEOPLE]
    lengths = {int(network.prefix.partition("/")[2]) for network in evidence}
    assert min(lengths) >= 14


def test_an_operator_adds_and_strikes_networks() -> None:
    own = Network("203.0.113.0/24", "gate")
    rules = Rules(networks=(own,), without=frozenset({"40.107.0.0/16"}))
    assert rules.known_networks.lookup("203.0.113.9") == own
    assert rules.known_networks.lookup("40.107.1.1") is None
    assert Rules().known_networks.lookup("40.107.1.1") is not None


def test_a_table_can_be_handed_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(TABLE)).lookup("192.0.2.64") == NARROW


def test_an_address_has_one_spelling() -> None:
    written = ["2001:DB8:0:0::1", "::ffff:192.0.2.1", "192.0.2.1", "fe80::1%eth0", "testclient", ""]
    assert [canonical_address(text) for text in written] == [
        "2001:db8::1",
        "192.0.2.1",
        "192.0.2.1",
        "fe80::1",
        "",
        "",
    ]
