"""Paths that are read without regular expressions are read as the regular expressions read them."""

from hypothesis import given
from hypothesis import strategies as st

from mailpixel.links.surfaces import SURFACES, Surface
from mailpixel.links.urls import any_path_on, parse_path_on, plain_path
from mailpixel.server.protocol import path_and_query

PIECES = (
    *("T", "AQEB", "-", "_", ".gif", ".GIF", ".", "/", "//", "/1", "/01", "/999", "/1000", "/65536"),
    *("'", "%27", "é", "٣", " ", "?", "#", "%54"),
)
RESTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=6).map("".join)


@given(st.sampled_from(SURFACES), RESTS)
def test_every_path_is_read_in_one_way(surface: Surface, rest: str) -> None:
    path = surface.prefix + rest
    assert parse_path_on(surface, path) == any_path_on(surface, path)


@given(st.sampled_from(SURFACES), RESTS)
def test_a_target_read_at_once_has_no_query_and_is_read_as_any_other(surface: Surface, rest: str) -> None:
    target = (surface.prefix + rest).encode("utf-8", "replace")
    plain = plain_path(surface, target)
    if plain is not None:
        path, query = path_and_query(target)
        assert (plain, b"") == (any_path_on(surface, path), query)
