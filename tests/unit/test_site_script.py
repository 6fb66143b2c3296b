"""The script of web pages as text: what stands in it, how large it is, and that it was built from its source."""

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mailpixel.site.script
from mailpixel.site.script import js_value, script_of, settings_of
from mailpixel.site_model import Planned, Site

FOLDER = Path(mailpixel.site.script.__file__).parent
SOURCE, BUILT = FOLDER / "mailpixel.js", FOLDER / "mailpixel.min.js"
SITE = Site("shop", "0123456789abcdef", ("shop.example",))
MOST_BYTES = 3_000
"""Of the script as it is loaded, gzip -9."""


def test_the_script_has_the_settings_of_its_site_in_it() -> None:
    site = Site(
        "shop",
        "0123456789abcdef",
        ("shop.example",),
        ask=False,
        names=("quiz_done",),
        keep=("variant", "a.b[]"),
        plan=(Planned("quiz_done"), Planned("size_chosen", ("size",))),
        cookie_domain="shop.example",
    )
    text = script_of(site, "https://t.shop.example").decode()
    settings = (
        '{"to":"https://t.shop.example/p/0123456789abcdef","ask":false,"names":["quiz_done","size_chosen"],'
        '"keep":["variant","a.b[]"],"domain":"shop.example"}'
    )
    assert text.endswith(f"(window,document,{settings});")
    assert "__SITE__" not in text


@given(st.text(), st.lists(st.text()))
def test_no_text_of_a_site_gets_out_of_its_place(domain: str, keep: list[str]) -> None:
    site = Site("shop", "0123456789abcdef", ("shop.example",), keep=tuple(keep), cookie_domain=domain)
    value = js_value(settings_of(site, "https://t.shop.example"))
    assert value.isascii()
    assert not re.search(r"[<>&'\n\r]", value)
    assert json.loads(value)["keep"] == keep


def test_the_script_is_small() -> None:
    site = Site("shop", "0123456789abcdef", ("shop.example",), cookie_domain="shop.example")
    assert len(gzip.compress(script_of(site, "https://tracking.shop.example"), 9)) < MOST_BYTES


def test_the_place_of_the_settings_stands_once_in_the_built_file() -> None:
    assert BUILT.read_text().count("__SITE__") == 1


def test_the_built_file_is_the_source_built_by_the_esbuild_that_package_json_names(tmp_path: Path) -> None:
    pinned = json.loads((FOLDER / "package.json").read_text())["devDependencies"]["esbuild"]
    esbuild = FOLDER / "node_modules" / ".bin" / "esbuild"
    if shutil.which("node") is None or not esbuild.exists():
        pytest.skip("esbuild is not installed: npm ci in mailpixel/site/script")
    version = subprocess.run([esbuild, "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.strip() == pinned
    for name in ("package.json", "mailpixel.js"):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    subprocess.run(["npm", "run", "--silent", "build"], cwd=tmp_path, check=True)
    assert (tmp_path / "mailpixel.min.js").read_text() == BUILT.read_text()
