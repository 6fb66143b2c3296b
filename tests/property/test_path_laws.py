"""Paths that are read without regular expressions are read as the regular expressions read them."""

from hypothesis import given
from hypothesis import strategies as st

from mailpixel.links.surfaces import SURFACES, Surface
from mailpixel.links.urls import any_path_on, parse_path_on

PIECES = (
    *("T", "AQEB", "-", "_", ".gif", ".GIF", ".", "/", "//", "/1", "/01", "/999", "/1000", "/65536"),
    *("'", "%27", "é", "٣", " "),
)


@given(
    st.sampled_from(SURFACES),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=6).map("".join),
)
def test_every_path_is_read_in_one_way(surface: Surface, rest: str) -> None:
    path = surface.prefix + rest
    assert parse_path_on(surface, path) == any_path_on(surface, path)
