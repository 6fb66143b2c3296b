"""Links of plain text."""

import pytest

from mailpixel.claims import LAST_LINK
from mailpixel.links.splicing.link_policy import Reason
from mailpixel.links.splicing.options import RewriteOptions
from tests.support.rewriting import prepare_text

OPTIONS = RewriteOptions("https://t.example")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.test/x?b=1.", ["https://a.test/x?b=1"]),
        ("(https://a.test/x_(y)), then", ["https://a.test/x_(y)"]),
        ('<https://a.test/q> and "https://b.test"', ["https://a.test/q", "https://b.test"]),
        ("*https://a.test/s* _https://a.test/u_", ["https://a.test/s", "https://a.test/u"]),
        ("\u201chttps://a.test/c\u201d \u2018HTTP://b.test/\u2019", ["https://a.test/c", "HTTP://b.test/"]),
        ("more at https://a.test/\u2026", ["https://a.test/"]),
        ("请访问https://a.test/x。谢谢", ["https://a.test/x"]),
        ("https://日本.test/あ。次", ["https://日本.test/あ"]),
        ("https://例え。テスト/道", ["https://例え。テスト/道"]),
        ("https://a.test/a|b, ok", ["https://a.test/a|b"]),
        ("http://[2001:db8::1]:80/x!", ["http://[2001:db8::1]:80/x"]),
        ("https://a.test/dir/.", ["https://a.test/dir/"]),
        ("www.a.test a.test ftp://a.test/ me@a.test", []),
        ("> https://quoted.test/\nhttps://a.test/", ["https://a.test/"]),
        ("https://a.test/\n-- \nhttps://signature.test/", ["https://a.test/"]),
        ("https://a.test/\r\n-- \r\nhttps://signature.test/", ["https://a.test/"]),
        ("line\r\nhttps://a.test/\r\n", ["https://a.test/"]),
        ("\ud800https://a.test/", ["https://a.test/"]),
    ],
)
def test_links_are_found_and_nothing_else_changes(text: str, links: list[str]) -> None:
    plan = prepare_text(text, OPTIONS)
    assert plan.error is None
    assert list(plan.links) == links
    assert plan.render(links) == text
    if links:
        marked = text
        for place, link in enumerate(links):
            marked = marked.replace(link, f"<{place}>", 1) if text.count(link) == 1 else marked
        assert (
            all(text.count(link) > 1 for link in links)
            or plan.render([f"<{i}>" for i in range(len(links))]) == marked
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://a.test/{{ id }}/x", Reason.TEMPLATE),
        ("{{ base }}https://a.test/x", Reason.TEMPLATE),
        ("https://a.test/?u=*|ID|*", Reason.TEMPLATE),
        ("https://a.test/unsubscribe?u=1", Reason.UNSUBSCRIBE),
        ("https://a.test/?u=[First Name] and on", Reason.TEMPLATE),
        ("https://a.test/?u=::mail:: and on", Reason.TEMPLATE),
        ("https://a.test/?u=\u00abMail\u00bb and on", Reason.TEMPLATE),
        ('https://a.test/?q={"a":1} is cut by every program', Reason.TEMPLATE),
        ("https://me:pw@a.test/", Reason.UNSAFE),
        ("https://t.example/c/abc", Reason.TRACKED),
        ("https://a.test/leave", Reason.UNSUBSCRIBE),
    ],
)
def test_links_are_left_for_the_same_reasons_as_in_html(text: str, reason: Reason) -> None:
    plan = prepare_text(
        text, RewriteOptions("https://t.example", unsubscribe=frozenset({"https://a.test/leave"}))
    )
    assert [skip.reason for skip in plan.skipped] == [reason]
    assert plan.render([]) == text


def test_a_url_is_written_into_text_as_it_is() -> None:
    assert prepare_text("go https://a.test/ now", OPTIONS).render(['https://t.example/?a=1&b="2"']) == (
        'go https://t.example/?a=1&b="2" now'
    )


def test_bytes_keep_their_charset() -> None:
    raw = "Größe: https://a.test/".encode("latin-1")
    plan = prepare_text(raw, RewriteOptions("https://t.example", charset="iso-8859-1"))
    assert plan.render(["U"]) == "Größe: U".encode("latin-1")
    korean = "한국 https://a.test/".encode("iso2022_kr")
    plan = prepare_text(korean, RewriteOptions("https://t.example", charset="iso-2022-kr"))
    assert plan.render(plan.links) == korean


def test_what_cannot_be_prepared_goes_out_as_it_is_with_the_error() -> None:
    full = RewriteOptions("https://t.example", known={"https://b.test/": LAST_LINK})
    plan = prepare_text("go https://a.test/", full)
    assert plan.error == "html: has more than 65535 different links: split the campaign"
    assert plan.render([]) == "go https://a.test/"
