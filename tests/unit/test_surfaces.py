"""The table of surfaces: whatever knows a surface reads it there."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mailpixel
from mailpixel.links.splicing.own import own_urls
from mailpixel.links.surfaces import LINK, OPT_OUT, PIXEL, SITE, SURFACES, Surface, surface_of
from mailpixel.server.app import ROUTES
from mailpixel.server.metrics import Metrics
from mailpixel.site.script import script_of
from mailpixel.site_model import Site

PACKAGE = Path(mailpixel.__file__).parent
TABLE = PACKAGE / "links" / "surfaces.py"
SCRIPT = PACKAGE / "site" / "script" / "__init__.py"
"""It cannot import the table; see the test of it below."""


def texts(file: Path) -> Iterator[str]:
    """The literal texts of a file, but for its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs:
            if isinstance(node.value, bytes):
                yield node.value.decode("latin-1")
            elif isinstance(node.value, str):
                yield node.value


def test_no_prefix_is_written_outside_of_the_table() -> None:
    """A whole URL, as in an example, is no second list: it says where it leads."""
    written = [
        (str(file.relative_to(PACKAGE)), text)
        for file in sorted(PACKAGE.rglob("*.py"))
        if file not in (TABLE, SCRIPT)
        for text in texts(file)
        if "://" not in text and any(surface.prefix in text for surface in SURFACES)
    ]
    assert written == []


def test_prefixes_and_names_are_all_different_and_every_surface_is_found_by_its_prefix() -> None:
    assert len({surface.prefix for surface in SURFACES}) == len({s.name for s in SURFACES}) == len(SURFACES)
    assert [surface_of(surface.prefix + "T/1") for surface in SURFACES] == list(SURFACES)


@pytest.mark.parametrize("path", ["", "/", "/o", "o/T", "/O/T", "//o/T", "/x/o/T", "/oo/T", "/api/campaigns"])
def test_any_other_path_lies_on_no_surface(path: str) -> None:
    assert surface_of(path) is None


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_is_served_and_counted_or_is_a_page_of_the_app(surface: Surface) -> None:
    routed = any(getattr(route, "path", "").startswith(surface.prefix) for route in ROUTES)
    counted = f'surface="{surface.name}"' in Metrics().exposition().decode()
    assert (routed, counted) == (not surface.takes_hits, surface.takes_hits)


def test_the_script_of_a_site_sends_to_the_surface_of_sites() -> None:
    script = script_of(Site("shop", "0123456789abcdef", ("shop.example",)), "https://t.example")
    assert f'"https://t.example{SITE.prefix}0123456789abcdef"'.encode() in script


@pytest.mark.parametrize("surface", [PIXEL, LINK, OPT_OUT, SITE])
def test_a_rewrite_knows_every_surface_as_ours_however_it_is_spelled(surface: Surface) -> None:
    own = own_urls("https://t.example/mail")
    for path in (surface.prefix, surface.prefix.upper(), "/x/.." + surface.prefix, surface.prefix + "/"):
        assert own.surface(f"https://T.example:443/mail{path}TOKEN") is surface
        assert own.surface(f"https://other.example/mail{path}TOKEN") is None
