"""Every labelled odd case: the lists beside the repository where they are, and our own."""

import base64
import quopri
from pathlib import Path
from typing import Any

import can_ada
import pytest

from mailpixel.links.html import prepare
from mailpixel.links.mime import MessagePlan, prepare_message
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.plan import Plan
from tests.support.rewriting import BASE_URL, PIXEL, PIXEL_URL, Case, load_cases, tracked_urls

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "rewrite"
OWN = Path(__file__).parents[1] / "data" / "rewrite_stress.jsonl"
CASES = load_cases(OWN) + [case for path in sorted(SHARED.glob("*.jsonl")) for case in load_cases(path)]

each_case = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])


def options_of(case: Case) -> RewriteOptions:
    """Options as the case asks for them."""
    declared = case.label.get("declared", case.label.get("charset"))
    asked = dict(case.label.get("options", {}))
    if "utm" in asked:
        asked["utm"] = tuple(map(tuple, asked["utm"]))
    return RewriteOptions(BASE_URL + "/", charset=declared, **asked)


def resolved(url: str) -> str:
    """What a browser requests. The installed parser keeps `^` in a path, as browsers did before 2024; both mean one."""
    return str(can_ada.parse(url).href).replace("^", "%5E")


def in_a_message(case: Case) -> bool:
    return bool({"mime", "cte", "headers"} & case.label.keys())


def message_of(case: Case) -> bytes:
    """The case as the one part of a message."""
    label: dict[str, Any] = case.label
    charset = label.get("declared", label.get("charset", "utf-8"))
    body = case.html.encode(label.get("charset", "utf-8"))
    cte = label.get("cte", "8bit")
    encoders = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}
    body = encoders.get(cte, bytes)(body)
    headers = {
        "Content-Type": f"{label.get('mime', 'text/html')}; charset={charset}",
        "Content-Transfer-Encoding": cte,
    } | label.get("headers", {})
    return "".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n" + body


def read(case: Case) -> Plan[Any] | MessagePlan:
    """The plan of a case, as a message where it speaks of one."""
    if in_a_message(case):
        return prepare_message(message_of(case), options_of(case))
    return prepare(case.content, options_of(case))


@each_case
def test_a_case_is_tracked_and_skipped_as_labelled(case: Case) -> None:
    plan = read(case)
    assert plan.error is None
    assert tuple(zip(plan.numbers, plan.links, strict=True)) == case.expect
    assert tuple((skip.href, str(skip.reason)) for skip in plan.skipped) == case.skip
    assert [resolved(link) for link in plan.links] == [resolved(link) for link in case.resolved]


@each_case
def test_the_pixel_of_a_case_stands_where_labelled(case: Case) -> None:
    if in_a_message(case):
        plan = prepare_message(message_of(case), options_of(case))
        assert plan.has_pixel == (case.pixel != "none")
        return
    codec = case.label.get("charset", "utf-8")
    page: Plan[Any] = prepare(case.content, options_of(case))
    rewritten = page.render(tracked_urls(len(page.links)), PIXEL_URL)
    text = rewritten.decode(codec) if isinstance(rewritten, bytes) else rewritten
    assert place_of(text) == case.pixel


def place_of(text: str) -> str:
    """Where the one pixel of a text stands, in the words of the labels."""
    before, found, after = text.partition(PIXEL)
    if not found:
        return "none"
    if not after:
        return "end"
    for tag in ("body", "html"):
        if after.lower().startswith(f"</{tag}"):
            return f"before-{tag}-close"
    return "top" if "<a" not in before and "<p" not in before else "middle"
