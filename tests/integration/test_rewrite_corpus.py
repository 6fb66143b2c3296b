"""Published templates and real messages, judged by parsers we do not use. Needs `scripts/fetch_corpus` run before."""

from email import message_from_bytes
from email.message import Message

import can_ada
import pytest

from mailpixel.links.html import prepare
from mailpixel.links.mime import prepare_message
from mailpixel.links.splicing.link_policy import destination_of
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.plan import Plan
from tests.support.corpus import documents, hydrated, messages
from tests.support.oracles import LINKS_BY, html5lib_tree
from tests.support.rewriting import BASE_URL, PIXEL_URL, tracked_urls, undone

OPTIONS = RewriteOptions(BASE_URL)
SOURCES = documents() | {f"{path} with links": hydrated(text) for path, text in documents().items()}

pytestmark = pytest.mark.skipif(not SOURCES, reason="the corpus is not here: scripts/fetch_corpus fetches it")


def rewritten(text: str) -> tuple[Plan[str], list[str], str]:
    """Plan, tracking URLs and output of one template."""
    plan = prepare(text, OPTIONS)
    urls = tracked_urls(len(plan.links))
    return plan, urls, plan.render(urls, PIXEL_URL)


def test_there_are_enough_templates_to_speak_of() -> None:
    assert len(documents()) >= 500


def test_undoing_the_rewrite_gives_every_template_byte_for_byte() -> None:
    for path, text in SOURCES.items():
        plan, urls, output = rewritten(text)
        assert plan.error is None, path
        assert undone(text, output, urls, plan.links) == text, path
        assert prepare(output, OPTIONS).render([], PIXEL_URL) == output, path


@pytest.mark.parametrize("parser", sorted(LINKS_BY))
def test_every_link_leads_to_where_it_led_by_another_parser(parser: str) -> None:
    links = LINKS_BY[parser]
    for path, text in SOURCES.items():
        if "href" not in text.lower():
            continue
        plan, urls, output = rewritten(text)
        numbers = {url: place for place, url in enumerate(urls)}
        before, after = links(text), links(output)
        assert len(before) == len(after), path
        for old, new in zip(before, after, strict=True):
            if new in numbers:
                assert can_ada.parse(old).href == can_ada.parse(plan.links[numbers[new]]).href, path
            else:
                assert new == old, path
        assert set(urls) <= set(after), path


def test_nothing_trackable_is_missed() -> None:
    for path, text in SOURCES.items():
        if "href" not in text.lower():
            continue
        plan, urls, output = rewritten(text)
        left = {href for href in LINKS_BY["html5lib"](output) if href not in urls}
        reasons = {destination_of(skip.href): skip.reason for skip in plan.skipped}
        for href in left:
            assert destination_of(href) in reasons, (path, href)


def test_the_tree_is_equal_but_for_hrefs_and_the_pixel() -> None:
    for path, text in SOURCES.items():
        if path.endswith(" with links"):
            assert html5lib_tree(rewritten(text)[2]) == html5lib_tree(text), path


def leaves(raw: bytes) -> list["Message[str, str]"]:
    return [part for part in message_from_bytes(raw).walk() if not part.is_multipart()]


def test_messages_keep_headers_structure_and_every_other_part() -> None:
    changed = 0
    for path, raw in messages().items():
        plan = prepare_message(raw, RewriteOptions(BASE_URL, text=True))
        assert plan.error is None, path
        output = plan.render(tracked_urls(len(plan.links)), PIXEL_URL)
        old, new = message_from_bytes(raw), message_from_bytes(output)
        assert [part.get_content_type() for part in old.walk()] == [
            part.get_content_type() for part in new.walk()
        ]
        for one, other in zip(old.walk(), new.walk(), strict=True):
            assert [(name, str(value)) for name, value in one.items()] == [
                (name, str(value)) for name, value in other.items()
            ]
        for one, other in zip(leaves(raw), leaves(output), strict=True):
            if one.get_content_type() not in ("text/html", "text/plain"):
                assert one.get_payload() == other.get_payload(), path
        changed += output != raw
    assert changed >= 30


def test_a_message_rewritten_twice_is_rewritten_once() -> None:
    for path, raw in messages().items():
        plan = prepare_message(raw, OPTIONS)
        output = plan.render(tracked_urls(len(plan.links)), PIXEL_URL)
        assert prepare_message(output, OPTIONS).render([], PIXEL_URL) == output, path
