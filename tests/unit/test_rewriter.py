"""What programs that send mail rely on: output tracked and registered, or the input and an error."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.claims import Claims, TokenKind
from mailpixel.errors import MailpixelError, NotFound, StoreUnavailable
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.minter import Minter
from mailpixel.links.parts.skipped import SkipCause
from mailpixel.links.splicing.draft import Note, NoteKind, Skip
from mailpixel.links.splicing.link_policy import Reason
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import parse_path
from mailpixel.rewriting import Rewriter, Rewritten, rewriter_of
from mailpixel.rewriting.seen import EMBEDDED_BYTES, sightings
from mailpixel.store.campaigns import LinkPlace
from mailpixel.store.memory import MemoryRegistry
from tests.support.builders import a_campaign, a_link

BASE = "https://t.example"
KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))
HTML = (
    "<body><a href=\"https://shop.example/a\">A</a> <a href='https://shop.example/b?x=1&amp;y=2'>B</a> "
    '<a href="https://shop.example/a">A again</a> <a href="mailto:x@shop.example">Mail</a></body>'
)
PIECES = (
    b'<a href="https://shop.example/a">', b"<a href=https://shop.example/b>", b"<body>", b"</body>", b"</html>",
    b"<!--[if mso]>", b"<![endif]-->", b"<!--", b"-->", b"<svg>", b"<select>", b"<table>", b"<title>", b"\r\n", b"\n\n",
    b"\xc3\xa9", b"\xff", b"Subject: x\n", b"Content-Type: text/html; charset=utf-8\n", b"https://shop.example/c ",
    b'Content-Type: multipart/mixed; boundary="b"\n', b"--b\n", b"--b--\n", b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n", b"=\n", b"PGEgaHJlZj0iaHR0cHM6Ly9zaG9wLmV4YW1wbGUvYSI+\n",
)  # fmt: skip
DESTINATIONS = ("https://shop.example/a", "https://shop.example/b?x=1&y=2")


@pytest.fixture
def registry() -> MemoryRegistry:
    made = MemoryRegistry()
    made.add_campaign(a_campaign("spring", links=0))
    return made


@pytest.fixture
def rewriter(registry: MemoryRegistry) -> Rewriter:
    return rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE))


def claims_in(text: str, base: str = BASE) -> list[Claims]:
    """What the tracking URLs of a text claim, in order."""
    signer = TokenSigner(KEYRING)
    found = []
    for path in re.findall(re.escape(base) + r"(/[oc]/[^\"' >]+)", text):
        parsed = parse_path(path)
        assert parsed is not None
        reading = signer.verify(parsed.token, set(TokenKind))
        assert reading.problem is None
        assert reading.claims is not None
        found.append(reading.claims._replace(modes=None))
    return found


def refusing(places: Sequence[LinkPlace]) -> Sequence[int]:
    raise StoreUnavailable("the store does not answer; try again later")


def test_links_are_registered_in_order_and_tracked_for_one_recipient(
    rewriter: Rewriter, registry: MemoryRegistry
) -> None:
    first = rewriter.html(HTML, "r-0")
    assert (first.links, first.carried, registry.campaign("spring").links) == ((), DESTINATIONS, ())
    sent = rewriter.html(HTML, "r-1")
    assert sent == Rewritten(
        sent.output,
        (a_link(1, DESTINATIONS[0]), a_link(2, DESTINATIONS[1])),
        (Skip("mailto:x@shop.example", Reason.SCHEME),),
        has_pixel=True,
        report={"tracked": 3, "scheme": 1},
        notes=(Note(NoteKind.SHORT),),
    )
    assert registry.campaign("spring").links == sent.links
    click = Claims(TokenKind.CLICK, "spring", "r-1", 1)
    assert claims_in(sent.output) == [
        click,
        click._replace(link=2),
        click,
        Claims(TokenKind.OPEN, "spring", "r-1"),
    ]


def test_a_destination_keeps_its_number_over_calls_and_rewriters(registry: MemoryRegistry) -> None:
    options = RewriteOptions(BASE)
    first = rewriter_of(registry, KEYRING, "spring", options)
    first.html('<a href="https://shop.example/b">', "r-1")
    first.html('<a href="https://shop.example/a"><a href="https://shop.example/b">', "r-2")
    again = rewriter_of(registry, KEYRING, "spring", options).html('<a href="https://shop.example/a">', "r-3")
    assert again.links == (a_link(2, "https://shop.example/a"),)
    assert [link.number for link in registry.campaign("spring").links] == [1, 2]


def test_a_trap_of_the_same_destination_is_never_put_before_readers(registry: MemoryRegistry) -> None:
    registry.add_campaign(replace(a_campaign("trapped"), links=(a_link(1, DESTINATIONS[0], trap=True),)))
    rewriter_of(registry, KEYRING, "trapped", RewriteOptions(BASE)).html(HTML, "r-0")
    sent = rewriter_of(registry, KEYRING, "trapped", RewriteOptions(BASE)).html(HTML, "r-1")
    assert sent.links == (a_link(2, DESTINATIONS[0]), a_link(3, DESTINATIONS[1]))


def test_bytes_come_out_as_bytes(rewriter: Rewriter) -> None:
    html = '<meta charset="iso-8859-15"><p>20 € <a href="https://shop.example/a">'.encode("iso-8859-15")
    sent = rewriter.html(html, "r-1")
    assert sent.output.startswith(html[: html.index(b"https")])
    assert len(claims_in(sent.output.decode("iso-8859-15"))) == 2


def test_a_template_holds_the_merge_tag_in_every_url(rewriter: Rewriter) -> None:
    sent = rewriter.template(
        '<a href="https://shop.example/a">A</a><a href=https://shop.example/b>B</a>', "*|MP|*"
    )
    assert sent.output == (
        '<a href="https://t.example/c/*|MP|*/1">A</a><a href=https://t.example/c/*|MP|*/2>B</a>'
        '<img src="https://t.example/o/*|MP|*.gif" width="1" height="1" alt=""'
        ' style="display:block;width:1px;height:1px;border:0">'
    )


def test_a_rewritten_template_is_not_rewritten_again(rewriter: Rewriter, registry: MemoryRegistry) -> None:
    once = rewriter.template(HTML, "{{ mp }}")
    twice = rewriter.template(once.output, "{{ mp }}")
    assert (twice.output, twice.links, twice.has_pixel) == (once.output, (), False)
    assert len(registry.campaign("spring").links) == 2


@pytest.mark.parametrize(
    ("html", "tag"),
    [
        ("<a href=https://shop.example/a>", "{{ mp }}"),
        ("<a href='https://shop.example/a'>", "{{ person|lookup:'mp' }}"),
        ('<a href="https://shop.example/a">', '{{ mp|default:"x" }}'),
        ('<a href="https://shop.example/a">', "&mp;"),
        ('<a href="https://shop.example/a">', ""),
        ('<a href="https://shop.example/a">', "{{ mp\n}}"),
        ('<a href="https://shop.example/a">', "x" * 201),
    ],
)
def test_a_merge_tag_that_would_not_survive_is_an_error_and_registers_nothing(
    rewriter: Rewriter, registry: MemoryRegistry, html: str, tag: str
) -> None:
    sent = rewriter.template(html, tag)
    assert (sent.output, sent.links) == (html, ())
    assert sent.error is not None
    assert sent.error.startswith("merge_tag: ")
    assert registry.campaign("spring").links == ()


def test_a_campaign_may_have_its_own_address(registry: MemoryRegistry) -> None:
    registry.add_campaign(a_campaign("own", links=0, base_url="https://go.example/m"))
    sent = rewriter_of(registry, KEYRING, "own", RewriteOptions(BASE)).html(HTML, "r-1")
    assert len(claims_in(sent.output, "https://go.example/m")) == 4
    assert BASE not in sent.output
    assert rewriter_of(registry, KEYRING, "own", RewriteOptions(BASE)).html(sent.output, "r-1").links == ()


def test_options_are_followed(registry: MemoryRegistry) -> None:
    options = RewriteOptions(BASE, pixel="none", utm=(("utm_source", "news"),))
    sent = rewriter_of(registry, KEYRING, "spring", options).html(HTML, "r-1")
    assert sent.carried == (
        "https://shop.example/a?utm_source=news",
        "https://shop.example/b?x=1&y=2&utm_source=news",
    )
    assert (sent.has_pixel, len(claims_in(sent.output))) == (False, 3)


@pytest.mark.parametrize("html", ["<p>Hello</p>", b"<p>Hello</p>"])
def test_what_has_nothing_to_track_comes_out_as_it_is(registry: MemoryRegistry, html: Any) -> None:
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE, pixel="none"))
    assert rewriter.html(html, "r-1") == Rewritten(html, report={"tracked": 0})


def test_mail_goes_out_untracked_when_the_store_refuses() -> None:
    rewriter = Rewriter(Minter(KEYRING, BASE, "spring"), refusing, RewriteOptions(BASE))
    sent = rewriter.html(HTML, "r-1")
    assert sent == Rewritten(HTML, error="the store does not answer; try again later")


def test_mail_goes_out_untracked_when_registering_breaks() -> None:
    rewriter = Rewriter(Minter(KEYRING, BASE, "spring"), lambda places: (), RewriteOptions(BASE))
    assert rewriter.html(HTML, "r-1") == Rewritten(HTML, error="the rewrite failed: ValueError")


def test_mail_goes_out_untracked_when_it_cannot_be_read(registry: MemoryRegistry) -> None:
    options = RewriteOptions(BASE, utm=(("utm_source", 7),))  # type: ignore[arg-type]
    sent = rewriter_of(registry, KEYRING, "spring", options).html(HTML, "r-1")
    assert (sent.output, sent.links) == (HTML, ())
    assert sent.error is not None
    assert sent.error.startswith("the rewrite failed: TypeError")
    assert isinstance(sent.failure, MailpixelError)


@given(st.binary() | st.lists(st.sampled_from(PIECES)).map(b"".join))
def test_whatever_comes_in_goes_out_and_is_rewritten_once(content: bytes) -> None:
    registry = MemoryRegistry()
    registry.add_campaign(a_campaign("spring", links=0))
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE, text=True, mso=True))
    for rewrite in (rewriter.html, rewriter.message):
        once = rewrite(content, "r-1")
        twice = rewrite(once.output, "r-1")
        assert once.error is None or (once.output, once.links) == (content, ())
        assert (twice.error, twice.output, twice.links) == (once.error, once.output, ())


def test_mail_without_links_asks_no_store() -> None:
    rewriter = Rewriter(Minter(KEYRING, BASE, "spring"), refusing, RewriteOptions(BASE))
    sent = rewriter.html("<p>Hello</p>", "r-1")
    assert claims_in(sent.output) == [Claims(TokenKind.OPEN, "spring", "r-1")]


@pytest.mark.parametrize("recipient", ["ann@shop.example", "", "x" * 200, "ü"])
def test_a_bad_recipient_is_an_error_and_never_stands_in_it(
    rewriter: Rewriter, registry: MemoryRegistry, recipient: str
) -> None:
    sent = rewriter.html(HTML, recipient)
    assert (sent.output, sent.links, registry.campaign("spring").links) == (HTML, (), ())
    assert sent.error is not None
    assert sent.error.startswith("recipient: ")
    assert recipient == "" or recipient not in sent.error


def test_an_unknown_campaign_has_no_rewriter(registry: MemoryRegistry) -> None:
    with pytest.raises(NotFound):
        rewriter_of(registry, KEYRING, "autumn", RewriteOptions(BASE))


MESSAGE = (
    b"From: shop@shop.example\r\nSubject: Spring\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n'
    b"List-Unsubscribe: <https://shop.example/leave>\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nSee https://shop.example/a now\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n"
    b'<a href="https://shop.example/a">A</a><a href="https://shop.example/leave">Leave</a>\r\n--b--\r\n'
)


def test_a_message_is_tracked_in_its_html_part_alone(rewriter: Rewriter, registry: MemoryRegistry) -> None:
    rewriter.message(MESSAGE, "r-0")
    sent = rewriter.message(MESSAGE, "r-1")
    assert (sent.links, sent.skipped_parts, sent.error) == ((a_link(1, DESTINATIONS[0]),), (), None)
    assert sent.skipped == (Skip("https://shop.example/leave", Reason.UNSUBSCRIBE),)
    assert sent.output.split(b"<a href")[0] == MESSAGE.split(b"<a href")[0]
    click, opened = claims_in(sent.output.decode())
    assert (click, opened.kind) == (Claims(TokenKind.CLICK, "spring", "r-1", 1), TokenKind.OPEN)
    assert registry.campaign("spring").links == sent.links


def test_the_plain_text_of_a_message_is_tracked_when_asked_for(registry: MemoryRegistry) -> None:
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE, text=True))
    rewriter.message(MESSAGE, "r-0")
    sent = rewriter.message(MESSAGE, "r-1")
    assert [claims.link for claims in claims_in(sent.output.decode())] == [1, 1, None]


def test_a_signed_message_comes_out_as_it_is_and_says_why(rewriter: Rewriter) -> None:
    signed = b"DKIM-Signature: v=1\r\n" + MESSAGE
    sent = rewriter.message(signed, "r-1")
    assert (sent.output, [part.cause for part in sent.skipped_parts], sent.error) == (
        signed,
        [SkipCause.DKIM],
        None,
    )


def test_a_message_goes_out_untracked_when_the_store_refuses() -> None:
    rewriter = Rewriter(Minter(KEYRING, BASE, "spring"), refusing, RewriteOptions(BASE))
    sent = rewriter.message(MESSAGE, "r-1")
    assert sent == Rewritten(MESSAGE, error="the store does not answer; try again later")


def a_mail(number: int) -> str:
    """One recipient's mail: a link of their own, and one that all have."""
    return f'<a href="https://shop.example/reset?token={number}">A</a><a href="https://shop.example/a">B</a>'


def test_what_one_recipient_alone_has_is_carried_and_never_registered(
    rewriter: Rewriter, registry: MemoryRegistry
) -> None:
    sent = [rewriter.html(a_mail(number), f"r-{number}") for number in range(50)]
    assert registry.campaign("spring").links == (a_link(1, DESTINATIONS[0]),)
    assert [each.carried for each in sent[1:]] == [
        (f"https://shop.example/reset?token={number}",) for number in range(1, 50)
    ]
    own, shared = claims_in(sent[7].output)[:2]
    assert own == Claims(TokenKind.CLICK, "spring", "r-7", None, "https://shop.example/reset?token=7")
    assert shared == Claims(TokenKind.CLICK, "spring", "r-7", 1)


def test_the_same_mail_rendered_again_for_one_recipient_registers_nothing(
    rewriter: Rewriter, registry: MemoryRegistry
) -> None:
    for _ in range(3):
        assert rewriter.html(a_mail(1), "r-1").links == ()
    assert registry.campaign("spring").links == ()


def test_a_registered_destination_has_its_number_from_the_first_mail_on(
    rewriter: Rewriter, registry: MemoryRegistry
) -> None:
    registry.register_links("spring", [DESTINATIONS[0]])
    assert rewriter.html(a_mail(1), "r-1").links == (a_link(1, DESTINATIONS[0]),)


def test_a_destination_too_long_to_be_carried_is_registered(
    rewriter: Rewriter, registry: MemoryRegistry
) -> None:
    url = "https://shop.example/?q=" + "x" * EMBEDDED_BYTES
    sent = rewriter.html(f'<a href="{url}">A</a>', "r-1")
    assert (sent.links, sent.carried) == ((a_link(1, url),), ())
    longest = "https://shop.example/?q=" + "x" * (EMBEDDED_BYTES - 24)
    carried = rewriter.html(f'<a href="{longest}">A</a>', "r" * 128)
    assert carried.carried == (longest,)
    assert max(map(len, re.findall('href="([^"]+)"', carried.output))) < 2_200


def test_a_template_for_all_registers_its_links_at_once(rewriter: Rewriter, registry: MemoryRegistry) -> None:
    assert rewriter.template(a_mail(1), "*|MP|*").carried == ()
    assert len(registry.campaign("spring").links) == 2


def test_what_is_remembered_of_a_mail_names_nobody() -> None:
    one, other = (sightings(KEYRING, "spring", DESTINATIONS, recipient) for recipient in ("r-1", "r-2"))
    assert [(each.slot, each.mark) for each in one] == [(each.slot, each.mark) for each in other]
    assert all(len(each.mark) == 6 and len(each.reader) == 2 for each in [*one, *other])
    assert all(here.reader != there.reader for here, there in zip(one, other, strict=True))
    assert one[0].reader != one[1].reader, "rows of one recipient cannot be put together"
    elsewhere = sightings(KEYRING, "autumn", DESTINATIONS, "r-1")
    assert all(here.mark != there.mark for here, there in zip(one, elsewhere, strict=True))


PLACES = (
    '<body><a href="https://shop.example/"><img alt="Logo" src="l.png"></a>'
    "<a href=https://shop.example/>Buy <b>now</b></a>"
    "<a href='https://shop.example/b'>B</a><a href=\"https://shop.example/\" title='Hero'></a></body>"
)


def test_places_of_one_destination_are_numbered_apart_when_asked(registry: MemoryRegistry) -> None:
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE, by_place=True, pixel="none"))
    rewritten = rewriter.template(PLACES, "*|MP|*")
    assert re.findall(r"/c/\*\|MP\|\*/(\d+)", rewritten.output) == ["1", "2", "3", "4"]
    assert [(link.number, link.url, link.label) for link in rewritten.links] == [
        (1, "https://shop.example/", "Logo"),
        (2, "https://shop.example/", "Buy now"),
        (3, "https://shop.example/b", "B"),
        (4, "https://shop.example/", "Hero"),
    ]
    assert registry.campaign("spring").links == rewritten.links
    assert rewriter.template(PLACES, "*|MP|*") == rewritten, "the same template, the same numbers"
    assert rewriter.with_style(by_place=False).template(PLACES, "*|MP|*").report == rewritten.report


def test_without_places_a_template_is_tracked_as_ever_and_takes_the_first_numbers(
    registry: MemoryRegistry,
) -> None:
    placed = rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE, by_place=True))
    placed.template(PLACES, "*|MP|*")
    plain = placed.with_style(by_place=False).template(PLACES, "*|MP|*")
    assert re.findall(r"/c/\*\|MP\|\*/(\d+)", plain.output) == ["1", "1", "3", "1"]
    assert len(registry.campaign("spring").links) == 4


def test_mail_of_one_recipient_has_places_once_its_destination_is_a_link(registry: MemoryRegistry) -> None:
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE, by_place=True))
    first = rewriter.html(PLACES, "r-1")
    assert (first.links, first.carried) == ((), ("https://shop.example/", "https://shop.example/b"))
    second = rewriter.html(PLACES, "r-2")
    shop, other = "https://shop.example/", "https://shop.example/b"
    assert [(link.number, link.url) for link in second.links] == [(1, shop), (2, other), (3, shop), (4, shop)]
    assert [claims.link for claims in claims_in(second.output)] == [1, 3, 2, 4, None]
    assert {link.label for link in registry.campaign("spring").links} == {""}, (
        "one person's mail gives no labels"
    )
