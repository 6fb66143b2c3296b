"""What holds for every query on a tracked link: nothing of the destination moves, and only allowed values follow."""

import string
from urllib.parse import parse_qsl, quote, quote_plus

import can_ada
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.links.destination import check_destination
from mailpixel.links.passthrough import MOST_VALUES, QUERY_BYTES, passed_on

NAMES = frozenset({"u", "w", "size", "a-b"})
PARTS = ("protocol", "username", "password", "host", "port", "pathname", "hash")

hosts = st.sampled_from(["shop.example", "xn--bcher-kva.example:8443", "[2001:db8::1]", "192.0.2.7"])
letters = st.text(string.ascii_letters + string.digits + "-._~%!$&'()*+,;=:@/?^|{} é日", max_size=12)
destinations = st.builds(
    "https://{}/{}{}{}".format,
    hosts,
    letters.map(lambda path: quote(path, safe="/:@!$&'()*+,;=^|")),
    st.one_of(st.just(""), letters.map("?".__add__), st.just("?u=own&size")),
    st.one_of(st.just(""), letters.map("#".__add__)),
).map(check_destination)

PIECES = [
    b"u=", b"w=", b"&", b"=", b"u=1&", b"%75=2", b"+", b"%", b"%0d%0a", b"%26", b"#", b"?", b"//evil.example/", b"\\",
    "u=é".encode(),
]  # fmt: skip
queries = st.one_of(
    st.binary(max_size=60),
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)), max_size=30).map(b"".join),
)


@given(destinations, queries)
def test_a_query_moves_nothing_of_the_destination_as_a_browser_reads_it(
    destination: str, query: bytes
) -> None:
    leads_to = passed_on(destination, query, NAMES)
    before, after = can_ada.parse(destination), can_ada.parse(leads_to)
    assert [getattr(after, part) for part in PARTS] == [getattr(before, part) for part in PARTS]
    assert after.search.startswith(before.search)
    assert leads_to.isascii()
    assert leads_to.isprintable()
    assert leads_to == check_destination(leads_to)


@given(destinations, queries)
def test_what_follows_is_allowed_came_with_the_query_and_is_not_there_already(
    destination: str, query: bytes
) -> None:
    own = can_ada.parse(destination).search
    added = can_ada.parse(passed_on(destination, query, NAMES)).search[len(own) :]
    pairs = parse_qsl(added.lstrip("?&"), keep_blank_values=True, strict_parsing=bool(added))
    came = parse_qsl(quote(query, safe=string.punctuation), keep_blank_values=True)
    assert in_order(pairs, [(name, value) for name, value in came if name in NAMES])
    assert {name for name, _ in pairs}.isdisjoint(
        name for name, _ in parse_qsl(own[1:], keep_blank_values=True)
    )
    assert len(pairs) <= MOST_VALUES


def in_order(some: list[tuple[str, str]], all_of: list[tuple[str, str]]) -> bool:
    """Whether some pairs are among the others, in their order."""
    others = iter(all_of)
    return all(pair in others for pair in some)


values = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)


@given(
    destinations,
    st.lists(st.tuples(st.sampled_from([*sorted(NAMES), "other"]), values), max_size=25),
    st.booleans(),
)
def test_every_allowed_value_arrives_as_it_was_filled_in(
    destination: str, pairs: list[tuple[str, str]], as_form: bool
) -> None:
    write = quote_plus if as_form else quote
    query = "&".join(f"{name}={write(value)}" for name, value in pairs).encode()
    own = parse_qsl(can_ada.parse(destination).search[1:], keep_blank_values=True)
    allowed = [pair for pair in pairs if pair[0] in NAMES][:MOST_VALUES]
    expected = [pair for pair in allowed if pair[0] not in dict(own) and len(query) <= QUERY_BYTES]
    leads_to = can_ada.parse(passed_on(destination, query, NAMES)).search[1:]
    assert parse_qsl(leads_to, keep_blank_values=True) == own + expected
