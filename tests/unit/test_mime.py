"""Rewriting messages in their raw bytes."""

import base64
import quopri

import pytest

from mailpixel.claims import LAST_LINK
from mailpixel.errors import InvalidInput
from mailpixel.links.mime import MessagePlan, prepare_message
from mailpixel.links.parts.safety_check import difference
from mailpixel.links.parts.skipped import SkipCause, SkippedPart
from mailpixel.links.parts.transfer import QuotedText, quoted_decoded
from mailpixel.links.splicing.options import RewriteOptions
from tests.support.rewriting import PIXEL, PIXEL_URL

OPTIONS = RewriteOptions("https://t.example")
WITH_TEXT = RewriteOptions("https://t.example", text=True)
LINK = '<a href="https://a.test/">x</a>'


def plan_of(head: str, body: str, options: RewriteOptions = OPTIONS) -> MessagePlan:
    return prepare_message(f"{head}\n\n{body}".encode(), options)


def multipart(kind: str, *parts: str) -> bytes:
    inner = "".join(f"--B\r\n{part.replace(chr(10), chr(13) + chr(10))}\r\n" for part in parts)
    return f"Subject: x\r\nContent-Type: multipart/{kind}; boundary=B\r\n\r\n{inner}--B--\r\n".encode()


def test_only_the_html_of_an_alternative_changes_and_one_pixel_goes_in() -> None:
    raw = multipart(
        "alternative", "Content-Type: text/plain\n\nhttps://a.test/", f"Content-Type: text/html\n\n{LINK}"
    )
    plan = prepare_message(raw, OPTIONS)
    assert plan.render(["U"], PIXEL_URL) == raw.replace(LINK.encode(), f'<a href="U">x</a>{PIXEL}'.encode())
    assert plan.render(["U"]) == raw.replace(LINK.encode(), b'<a href="U">x</a>')
    assert (plan.numbers, plan.links, plan.skipped_parts, plan.report) == (
        (1,),
        ("https://a.test/",),
        (),
        {"tracked": 1},
    )


def test_text_and_html_share_one_number_for_one_destination() -> None:
    raw = multipart(
        "alternative",
        "Content-Type: text/plain\n\nhttps://b.test/ https://a.test/",
        f"Content-Type: text/html\n\n{LINK}",
    )
    plan = prepare_message(raw, WITH_TEXT)
    assert plan.links == ("https://b.test/", "https://a.test/")
    assert plan.render(["B", "A"]) == raw.replace(b"https://b.test/", b"B").replace(b"https://a.test/", b"A")


def test_the_pixel_goes_into_the_last_html_part_alone() -> None:
    raw = multipart("mixed", "Content-Type: text/html\n\n<p>1</p>", "Content-Type: text/html\n\n<p>2</p>")
    assert prepare_message(raw, OPTIONS).render([], PIXEL_URL) == raw.replace(
        b"<p>2</p>", b"<p>2</p>" + PIXEL.encode()
    )


def test_quoted_printable_changes_in_the_value_alone() -> None:
    html = f"<p>{'Größe ' * 20}</p>\r\n{LINK}\r\n<p>{'lang ' * 30}</p>\r\n"
    encoded = quopri.encodestring(html.encode()).replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")
    raw = (
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + encoded
    )
    url = "https://t.example/c/" + "a=b" * 40
    output = prepare_message(raw, OPTIONS).render([url], PIXEL_URL)
    body = output.partition(b"\r\n\r\n")[2]
    assert (
        quopri.decodestring(body) == html.encode().replace(b"https://a.test/", url.encode()) + PIXEL.encode()
    )
    assert max(map(len, body.split(b"\r\n"))) <= 76
    before, after = encoded.split(b"https://a.test/")
    assert body.startswith(before)
    assert after.rstrip(b"\r\n") in body


def test_a_bare_equals_sign_before_a_quoted_value_makes_no_escape() -> None:
    plan = plan_of(
        "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable",
        "<a href=https://a.test/>x</a>",
    )
    assert plan.error is None
    assert (
        quopri.decodestring(plan.render(["https://t.example/"]).partition(b"\n\n")[2])
        == b"<a href=https://t.example/>x</a>"
    )


def test_base64_is_written_again_with_the_line_length_it_had() -> None:
    content = (LINK + "<p>" + "long " * 60 + "</p>").encode()
    text = base64.b64encode(content).decode()
    lines = "\r\n".join(text[at : at + 60] for at in range(0, len(text), 60))
    raw = f"Content-Type: text/html\r\nContent-Transfer-Encoding: BASE64\r\n\r\n{lines}\r\n".encode()
    body = prepare_message(raw, OPTIONS).render(["https://t.example/c/x"]).partition(b"\r\n\r\n")[2]
    assert base64.b64decode(body) == content.replace(b"https://a.test/", b"https://t.example/c/x")
    assert {len(line) for line in body.split(b"\r\n")[:-2]} == {60}
    assert body.endswith(b"\r\n")


def test_a_part_turned_into_quoted_printable_keeps_headers_of_mixed_line_ends() -> None:
    long = "https://t.example/c/" + "x" * 1000
    raw = f"Content-Type: text/html\r\nX-After: 1\n\n{LINK}".encode()
    head, _, body = prepare_message(raw, OPTIONS).render([long]).partition(b"\r\n\n")
    assert head == (b"Content-Type: text/html\r\nX-After: 1\nContent-Transfer-Encoding: quoted-printable")
    assert quopri.decodestring(body) == f'<a href="{long}">x</a>'.encode()


def test_a_line_made_too_long_turns_the_part_into_quoted_printable() -> None:
    long = "https://t.example/c/" + "x" * 1000
    for head in (
        "Content-Type: text/html\nContent-Transfer-Encoding: 7bit\nX-After: 1",
        "Content-Type: text/html\nX-After: 1",
    ):
        output = plan_of(head, LINK + "\nend \n").render([long])
        headers, _, body = output.partition(b"\n\n")
        assert b"Content-Transfer-Encoding: quoted-printable" in headers.split(b"\n")
        assert b"X-After: 1" in headers.split(b"\n")
        assert b"7bit" not in headers
        assert max(map(len, body.split(b"\n"))) <= 76
        assert quopri.decodestring(body) == f'<a href="{long}">x</a>\nend \n'.encode()
    was_long = "y" * 1200
    output = plan_of("Content-Type: text/html", LINK + was_long).render([long])
    assert output == f'Content-Type: text/html\n\n<a href="{long}">x</a>{was_long}'.encode()


def test_lengths_are_written_anew_and_a_checksum_is_dropped() -> None:
    plan = plan_of("Content-Type: text/html\nContent-MD5: abc=\nContent-Length: 31", LINK)
    assert plan.render(["https://t.example/c/x"]) == (
        b'Content-Type: text/html\nContent-Length: 37\n\n<a href="https://t.example/c/x">x</a>'
    )
    raw = multipart("mixed", f"Content-Type: text/html\n\n{LINK}").replace(
        b"Subject: x", b"Content-Length: 1"
    )
    head, _, body = prepare_message(raw, OPTIONS).render(["U"]).partition(b"\r\n\r\n")
    assert head.startswith(b"Content-Length: %d\r\n" % len(body))


@pytest.mark.parametrize(
    ("head", "cause"),
    [
        ("DKIM-Signature: v=1\nContent-Type: text/html", SkipCause.DKIM),
        ("ARC-Seal: i=1\nContent-Type: text/html", SkipCause.DKIM),
        ("List-Post: <mailto:l@a.test>\nContent-Type: text/html", SkipCause.LIST_POST),
        ("Content-Type: application/pkcs7-mime", SkipCause.ENCRYPTED),
        ("Content-Type: multipart/signed; boundary=B", SkipCause.SIGNED),
        ("Content-Type: multipart/encrypted; boundary=B", SkipCause.ENCRYPTED),
        ("Content-Type: multipart/mixed", SkipCause.MALFORMED),
        ("Content-Type: text/html\nnot a header", SkipCause.MALFORMED),
    ],
)
def test_signed_sealed_list_and_broken_mail_is_left_alone(head: str, cause: SkipCause) -> None:
    plan = plan_of(head, LINK)
    assert plan.skipped_parts == (SkippedPart("", cause),)
    assert plan.render([], PIXEL_URL) == f"{head}\n\n{LINK}".encode()
    assert plan.report == {"tracked": 0, f"left-{cause}": 1}


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("7bit", "-----BEGIN PGP MESSAGE-----\n"),
        ("base64", base64.encodebytes(b"-----BEGIN PGP MESSAGE-----\n").decode()),
        ("quoted-printable", "=2D----BEGIN PGP MESSAGE-----\n"),
    ],
)
def test_pgp_armour_in_a_text_leaves_the_message_alone(encoding: str, text: str) -> None:
    raw = multipart(
        "mixed", f"Content-Transfer-Encoding: {encoding}\n\n{text}", f"Content-Type: text/html\n\n{LINK}"
    )
    assert prepare_message(raw, OPTIONS).skipped_parts == (SkippedPart("", SkipCause.PGP),)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: text/html; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable",
        b"Content-Type: text/html; charset*=utf-8''windows-1252\nContent-Transfer-Encoding: 8bit",
    ],
)
def test_bytes_beyond_ascii_are_tracked_wherever_they_stand_and_however_the_charset_is_written(
    head: bytes,
) -> None:
    plan = prepare_message(head + b'\n\n\xa8 <a href="https://shop.example/1">x</a>', OPTIONS)
    assert (plan.error, plan.links) == (None, ("https://shop.example/1",))
    assert b"\n\n\xa8 <a href=" in plan.render(["https://t.example/c/A"], PIXEL_URL)


def test_armour_that_an_encoding_hides_is_found_in_a_part_to_rewrite() -> None:
    head = "Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable"
    plan = plan_of(head, f"{LINK}\n=2D----BEGIN PGP MESSAGE-----\n")
    assert plan.skipped_parts == (SkippedPart("", SkipCause.PGP),)


@pytest.mark.parametrize(
    ("part", "cause"),
    [
        (f"Content-Type: text/html\nContent-Disposition: attachment\n\n{LINK}", SkipCause.ATTACHMENT),
        (f"Content-Type: message/rfc822\n\nContent-Type: text/html\n\n{LINK}", SkipCause.MESSAGE),
        (f"Content-Type: text/x-amp-html\n\n{LINK}", SkipCause.AMP),
        (f"Content-Type: text/calendar\n\n{LINK}", SkipCause.CALENDAR),
        (f"Content-Type: text/html\nContent-Transfer-Encoding: 7-bit\n\n{LINK}", SkipCause.ENCODING),
        ("Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n*no*", SkipCause.ENCODING),
        (
            f"Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n{LINK}==b",
            SkipCause.ENCODING,
        ),
        ("Content-Type: text/plain; format=flowed; delsp=yes\n\nhttps://a.test/", SkipCause.FLOWED),
        ("Content-Type: multipart/mixed; boundary=none\n\nx", SkipCause.MALFORMED),
    ],
)
def test_a_part_that_must_stay_is_left_and_the_others_are_rewritten(part: str, cause: SkipCause) -> None:
    raw = multipart("mixed", f"Content-Type: text/html\n\n{LINK}", part)
    plan = prepare_message(raw, WITH_TEXT)
    assert SkippedPart("2", cause) in plan.skipped_parts
    assert plan.render(["U"]) == raw.replace(LINK.encode(), b'<a href="U">x</a>', 1)


def test_mail_without_html_has_no_pixel_and_says_so() -> None:
    plan = plan_of("Subject: x", "https://a.test/")
    assert (plan.skipped_parts, plan.has_pixel, plan.links) == (
        (SkippedPart("", SkipCause.NO_HTML),),
        False,
        (),
    )


def test_urls_of_list_unsubscribe_stay_in_every_part() -> None:
    head = "List-Unsubscribe: <mailto:u@a.test>,\n <https://\n a.test/>\nList-Unsubscribe-Post: One-Click"
    plan = plan_of(head + "\nContent-Type: text/html", LINK + '<a href="https://b.test/">y</a>')
    assert plan.links == ("https://b.test/",)
    assert plan.report == {"tracked": 1, "unsubscribe": 1}


def test_a_boundary_that_begins_another_parts_nothing() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: multipart/mixed; boundary=Bx\n\n"
        b"--Bx\nContent-Type: text/html\n\n" + LINK.encode() + b"\n--Bx--\n--B--\n"
    )
    assert prepare_message(raw, OPTIONS).render(["U"]) == raw.replace(b"https://a.test/", b"U")


def test_a_message_cut_short_keeps_what_it_has() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=B\n\npre\n--B\nContent-Type: text/html\n\n" + LINK.encode()
    )
    assert prepare_message(raw, OPTIONS).render(["U"]) == raw.replace(b"https://a.test/", b"U")
    assert prepare_message(b"\nbody", OPTIONS).render([]) == b"\nbody"


def test_the_pixel_of_a_message_cut_short_stands_before_its_last_line_break() -> None:
    for line_end in ("\n", "\r\n"):
        raw = multipart("mixed", f"Content-Type: text/html\n\n{LINK}").decode().replace("\r\n", line_end)
        cut = raw.partition("--B--")[0]
        plan = prepare_message(cut.encode(), OPTIONS)
        assert plan.error is None
        assert plan.render(["U"], PIXEL_URL).decode() == (
            cut.replace("https://a.test/", "U").removesuffix(line_end) + PIXEL + line_end
        )


@pytest.mark.parametrize(
    "head", ["Content-Type: text/html", "Content-Type: text/html\n", "Content-Type: text/html\r\n"]
)
def test_headers_without_an_empty_line_have_no_body_and_no_pixel(head: str) -> None:
    plan = prepare_message(head.encode(), OPTIONS)
    assert (plan.error, plan.has_pixel) == (None, False)
    assert plan.skipped_parts == (SkippedPart("", SkipCause.NO_BODY), SkippedPart("", SkipCause.NO_HTML))
    assert plan.render([], PIXEL_URL) == head.encode()
    part = multipart("mixed", f"Content-Type: text/html\n\n{LINK}", head.rstrip())
    parts = prepare_message(part, OPTIONS)
    assert parts.skipped_parts == (SkippedPart("2", SkipCause.NO_BODY),)
    assert parts.render(["U"], PIXEL_URL) == part.replace(LINK.encode(), f'<a href="U">x</a>{PIXEL}'.encode())


@pytest.mark.parametrize("written", ["quoted-printable ", "\n quoted-printable", "Quoted-Printable\t"])
def test_white_space_around_the_name_of_an_encoding_means_nothing(written: str) -> None:
    plan = plan_of(f"Content-Type: text/html\nContent-Transfer-Encoding:{written}", LINK.replace("=", "=3D"))
    assert plan.error is None
    assert quopri.decodestring(plan.render(["U"]).partition(b"\n\n")[2]) == b'<a href="U">x</a>'


def test_parts_of_a_digest_are_messages() -> None:
    raw = multipart("digest", f"\nContent-Type: text/html\n\n{LINK}")
    assert prepare_message(raw, OPTIONS).skipped_parts == (
        SkippedPart("1", SkipCause.MESSAGE),
        SkippedPart("", SkipCause.NO_HTML),
    )


def test_endless_nesting_is_left_alone() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(60))
    assert prepare_message(raw, OPTIONS).render([]) == raw


def test_as_many_urls_as_links_are_asked_for() -> None:
    with pytest.raises(InvalidInput):
        plan_of("Content-Type: text/html", LINK).render([])


def test_each_byte_of_quoted_printable_is_found_where_it_stands() -> None:
    raw = b"a=3Db=\r\nc="
    quoted = quoted_decoded(raw)
    assert isinstance(quoted, QuotedText)
    assert quoted.decoded == b"a=bc"
    assert [(quoted.start_of(at), quoted.end_of(at + 1)) for at in range(4)] == [
        (0, 1),
        (1, 4),
        (4, 5),
        (8, 9),
    ]
    assert (quoted.start_of(4), quoted.end_of(0)) == (9, 0)


def test_a_charset_that_cannot_be_cut_leaves_its_part() -> None:
    body = '<p>한국</p><a href="https://a.test/">한국</a>'.encode("iso2022_kr")
    raw = b"Content-Type: text/html; charset=iso-2022-kr\n\n" + body
    plan = prepare_message(raw, OPTIONS)
    assert (plan.skipped_parts, plan.render([], PIXEL_URL)) == ((SkippedPart("", SkipCause.ENCODING),), raw)


def test_what_cannot_be_prepared_goes_out_as_it_is_with_the_error() -> None:
    full = RewriteOptions("https://t.example", known={"https://b.test/": LAST_LINK})
    plan = plan_of("Content-Type: text/html", LINK, full)
    assert plan.error == "html: has more than 65535 different links: split the campaign"
    assert (plan.skipped_parts, plan.render([], PIXEL_URL)) == (
        (SkippedPart("", SkipCause.FAILED),),
        f"Content-Type: text/html\n\n{LINK}".encode(),
    )


HEAD = b"Content-Type: multipart/mixed; boundary=B\n\n"
PARTS = b"--B\nX: 1\n\none\n--B\n\ntwo\n--B--\n"


@pytest.mark.parametrize(
    ("after", "contents", "problem"),
    [
        (HEAD + PARTS, [], None),
        (HEAD + PARTS.replace(b"two", b"TWO"), [b"TWO"], None),
        (HEAD + PARTS.replace(b"two", b"TWO"), [], "the rewritten message has another part that differs"),
        (HEAD + PARTS, [b"TWO"], "a rewritten part does not read as planned"),
        (b"X: 2\n" + HEAD + PARTS, [], "the rewritten message has other headers"),
        (HEAD + PARTS.replace(b"X: 1", b"X: 2"), [], "the rewritten message has other headers"),
        (HEAD + PARTS.replace(b"--B\n\ntwo", b""), [], "the rewritten message has other parts"),
    ],
)
def test_the_safety_net_names_what_differs(after: bytes, contents: list[bytes], problem: str | None) -> None:
    assert difference(HEAD + PARTS, after, contents) == problem
