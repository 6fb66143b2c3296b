"""Rewriting HTML: what is written, numbered and reported."""

from typing import NoReturn

import pytest

from mailpixel.claims import LAST_LINK
from mailpixel.errors import InvalidInput
from mailpixel.links.html import prepare
from mailpixel.links.mime import prepare_message
from mailpixel.links.splicing.draft import Destinations, Skip
from mailpixel.links.splicing.html_text import Places
from mailpixel.links.splicing.link_policy import Reason
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.template import encode_for
from tests.support.rewriting import PIXEL, PIXEL_URL, prepare_text

OPTIONS = RewriteOptions("https://t.example")


def test_a_template_is_prepared_once_and_rendered_for_each_recipient() -> None:
    plan = prepare("<body><a href=\"https://a.test/\">a</a> <a href='https://b.test/'>b</a></body>", OPTIONS)
    assert plan.links == ("https://a.test/", "https://b.test/")
    assert plan.numbers == (1, 2)
    one = plan.render(["https://t.example/c/A/1", "https://t.example/c/A/2"], PIXEL_URL)
    assert one == (
        "<body><a href=\"https://t.example/c/A/1\">a</a> <a href='https://t.example/c/A/2'>b</a>"
        + PIXEL
        + "</body>"
    )
    assert plan.render(["U", "V"]) == "<body><a href=\"U\">a</a> <a href='V'>b</a></body>"


def test_one_destination_is_one_number_and_the_report_counts_places() -> None:
    plan = prepare(
        '<a href="https://a.test/">1</a><a href="#">2</a><a href=" https://a.test/ ">3</a>', OPTIONS
    )
    assert plan.links == ("https://a.test/",)
    assert plan.skipped == (Skip("#", Reason.FRAGMENT),)
    assert plan.report == {"tracked": 2, "fragment": 1}
    assert plan.render(["U"]) == '<a href="U">1</a><a href="#">2</a><a href="U">3</a>'


def test_known_destinations_keep_their_numbers_and_new_ones_come_after() -> None:
    html = '<a href="https://new.test/">n</a><a href="https://old.test/">o</a>'
    plan = prepare(
        html, RewriteOptions("https://t.example", known={"https://old.test/": 7, "https://gone.test/": 9})
    )
    assert (plan.numbers, plan.links) == ((10, 7), ("https://new.test/", "https://old.test/"))
    assert plan.render(["NEW", "OLD"]) == '<a href="NEW">n</a><a href="OLD">o</a>'


@pytest.mark.parametrize(
    ("html", "written"),
    [
        ('<a href="https://a.test/">x</a>', """<a href="{{m}}/?a=1&amp;b=&#34;'<">x</a>"""),
        ("<a href='https://a.test/'>x</a>", """<a href='{{m}}/?a=1&amp;b="&#39;<'>x</a>"""),
        ("<a href=https://a.test/>x</a>", """<a href={{m}}/?a=1&amp;b=&#34;&#39;&#60;>x</a>"""),
    ],
)
def test_a_url_is_encoded_for_the_quote_it_lands_in(html: str, written: str) -> None:
    assert prepare(html, OPTIONS).render(["{{m}}/?a=1&b=\"'<"]) == written


@pytest.mark.parametrize(
    "tag", ["*|MP|*", "{{mp}}", "{{{mp}}}", "%%mp%%", "%recipient.mp%", "[[mp]]", "-mp-"]
)
def test_merge_fields_survive_in_every_quote(tag: str) -> None:
    assert [encode_for(quote, tag) for quote in ('"', "'", "", "text")] == [tag] * 4


def test_bytes_come_back_as_bytes_in_their_charset() -> None:
    raw = '<p>ß</p><a href="https://a.test/">x</a>'.encode("utf-16")
    plan = prepare(raw, RewriteOptions("https://t.example", charset="utf-16"))
    assert plan.render(["U"]).decode("utf-16") == '<p>ß</p><a href="U">x</a>'
    latin = '<p>ß</p><a href="https://a.test/">x</a>'.encode("latin-1")
    assert prepare(latin, OPTIONS).render(["U"]) == '<p>ß</p><a href="U">x</a>'.encode("latin-1")


def test_a_letter_the_charset_lacks_is_written_as_a_reference() -> None:
    plan = prepare(
        b'<a href="https://a.test/">x</a>', RewriteOptions("https://t.example", charset="us-ascii")
    )
    assert plan.render(["https://t.example/é"]) == b'<a href="https://t.example/&#233;">x</a>'


def test_bytes_without_a_link_or_a_place_for_a_pixel_come_back() -> None:
    assert prepare(b"<frameset></frameset>", OPTIONS).render([], PIXEL_URL) == b"<frameset></frameset>"


def test_a_stateful_charset_that_cannot_be_cut_is_read_letter_by_letter() -> None:
    raw = '<p>한국</p><a href="https://a.test/">한국</a>'.encode("iso2022_kr")
    plan = prepare(raw, RewriteOptions("https://t.example", charset="iso-2022-kr"))
    assert plan.links == ("https://a.test/",)
    assert plan.render(["https://a.test/"]) == raw


def test_conditional_links_are_reported_and_rewritten_only_on_request() -> None:
    html = '<!--[if mso]>\r\n<v:rect href="https://v.test/"/><![endif]--><a href="https://a.test/">x</a>'
    plan = prepare(html, OPTIONS)
    assert plan.skipped == (Skip("https://v.test/", Reason.CONDITIONAL),)
    asked = prepare(html, RewriteOptions("https://t.example", mso=True))
    assert asked.links == ("https://v.test/", "https://a.test/")
    assert asked.render(["V", "A"]) == html.replace("https://v.test/", "V").replace("https://a.test/", "A")


def test_letters_like_the_marks_of_comments_are_not_mistaken_for_them() -> None:
    html = '\ue000<!--\ue000if mso]><a href="https://n.test/">--><!--[if mso]><a href="https://v.test/"></a><![endif]-->'
    plan = prepare(html, OPTIONS)
    assert plan.skipped == (Skip("https://v.test/", Reason.CONDITIONAL),)
    crowded = "".join(map(chr, range(0xE000, 0xF900))) + html
    assert prepare(crowded, OPTIONS).skipped == ()


def test_a_skipped_href_is_reported_as_it_stands() -> None:
    plan = prepare('<a href="https://a.test/<!--[if mso]>">x</a>', OPTIONS)
    assert plan.skipped == (Skip("https://a.test/<!--[if mso]>", Reason.MALFORMED),)


def test_a_lone_surrogate_is_what_a_browser_takes_it_for_and_stays_in_the_text() -> None:
    plan = prepare('<p>\ud800</p><a \ud800=1 href="https://a.test/\ud800\ufdd0">x</a>', OPTIONS)
    assert plan.links == ("https://a.test/\ufffd\ufdd0",)
    assert plan.render(["U"]) == '<p>\ud800</p><a \ud800=1 href="U">x</a>'


def test_the_pixel_goes_to_the_top_on_request_and_past_the_head() -> None:
    top = RewriteOptions("https://t.example", pixel="top")
    for before, after in (
        ("<html><body class=x>", "<p>a</p></body></html>"),
        ("<!doctype html><!-- c -->\n", "<p>a</p>"),
        ("<head><title>t</title></head>", "<p>a</p>"),
        ("<!doctype html><html><title>t</title>", "<p>a</p>"),
        ("\ufeff", "<p>a</p>"),
        ("", "<title>open"),
    ):
        assert prepare(before + after, top).render([], PIXEL_URL) == before + PIXEL + after


def test_no_pixel_goes_into_a_frameset_beside_another_of_ours_or_unasked() -> None:
    assert not prepare("<frameset cols=*><frame></frameset>", OPTIONS).has_pixel
    assert not prepare('<p>a</p><img src="https://t.example/o/x">', OPTIONS).has_pixel
    assert not prepare("<p>a</p>", RewriteOptions("https://t.example", pixel="none")).has_pixel


def test_a_link_marked_no_track_is_left_for_that_reason_unless_another_holds() -> None:
    plan = prepare('<a data-no-track href="https://a.test/">a</a><a data-no-track href="#">b</a>', OPTIONS)
    assert plan.skipped == (("https://a.test/", Reason.NO_TRACK), ("#", Reason.FRAGMENT))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>a</p>", "</body></html>"),
        ("<p>a</p>\n", "</BODY >\r\n</html>\n"),
        ("<p>a</p></html>", "</body>"),
        ("<p>a", "</body></html>"),
        ("<p </body>", "</html>"),
        ("<!doctype </body>", "</html>"),
        ("<?a </body>", "</html>"),
        ('<p a="></body>b">', "</html>"),
        ("<!-- > </body> -->", "</html>"),
    ],
)
def test_a_pixel_stands_before_the_last_real_end_tag_of_a_fragment(before: str, after: str) -> None:
    assert prepare(before + after, OPTIONS).render([], PIXEL_URL) == before + PIXEL + after


def test_a_pixel_never_ends_an_open_svg_with_a_link_after_it() -> None:
    html = '<p>a</p><svg></body><a href="https://a.test/">x</a>'
    plan = prepare(html, OPTIONS)
    assert plan.skipped == (Skip("https://a.test/", Reason.FOREIGN),)
    assert plan.render([], PIXEL_URL) == PIXEL + html


def test_a_passed_query_value_follows_the_tracked_url() -> None:
    html = '<a href="https://a.test/?s=1&amp;u={{ id }}">x</a><a href="https://a.test/?s=1">y</a>'
    plan = prepare(html, RewriteOptions("https://t.example", passthrough=frozenset({"u"})))
    assert plan.links == ("https://a.test/?s=1",)
    assert plan.passed == {1: ("u",)}
    assert plan.render(["U"]) == '<a href="U?u={{ id }}">x</a><a href="U">y</a>'


def test_as_many_urls_as_links_are_asked_for() -> None:
    with pytest.raises(InvalidInput, match="urls: holds 0 for 1 links: give one a link"):
        prepare('<a href="https://a.test/">x</a>', OPTIONS).render([])


def test_what_cannot_be_prepared_goes_out_as_it_is_with_the_error() -> None:
    html = "".join(f'<a href="https://a.test/{place}">x</a>' for place in range(3))
    plan = prepare(html, RewriteOptions("https://t.example", known={"https://b.test/": LAST_LINK}))
    assert plan.error == "html: has more than 65535 different links: split the campaign"
    assert (plan.links, plan.has_pixel, plan.render([], PIXEL_URL)) == ((), False, html)


class Unreadable(dict[str, int]):
    """Known destinations that fail with the reader's own words in the error."""

    def values(self) -> NoReturn:
        raise ValueError("Dear Ada, https://a.test/secret")


def test_an_error_names_its_kind_and_nothing_of_the_mail() -> None:
    options = RewriteOptions("https://t.example", known=Unreadable())
    link = '<a href="https://a.test/secret">x</a>'
    message = f"Content-Type: text/html\n\n{link}".encode()
    assert prepare(link, options).error == "ValueError"
    assert prepare_text("https://a.test/secret", options).error == "ValueError"
    assert prepare_message(message, options).error == "ValueError"


def test_numbers_end_at_what_a_token_can_hold() -> None:
    destinations = Destinations({"https://a.test/": LAST_LINK - 1})
    destinations.place("https://b.test/")
    assert destinations.numbers == (LAST_LINK,)
    destinations.place("https://c.test/")
    with pytest.raises(InvalidInput):
        destinations.numbers  # noqa: B018


def test_destinations_taken_back_leave_no_gap() -> None:
    destinations = Destinations({"https://known.test/": 4})
    found = ["https://a.test/", "https://known.test/", "https://b.test/"]
    assert [destinations.place(url) for url in found] == [0, 1, 2]
    assert list(destinations.numbers) == [5, 4, 6]
    destinations.forget(1)
    assert destinations.place("https://c.test/") == 1
    assert list(zip(destinations.links, destinations.numbers, strict=True)) == [
        ("https://a.test/", 5),
        ("https://c.test/", 6),
    ]


def many_root_tags(tag: str, number: int = 4_000) -> str:
    return "".join(f"<{tag} a{each}=b>" for each in range(number))


@pytest.mark.parametrize(
    "text",
    [
        many_root_tags("body"),
        many_root_tags("HTML"),
        "<body " + " ".join(f"a{each}" for each in range(9_000)) + ">",
        "<body a='>" + "x" * 40_000 + "'>",
        '<body a=b="> ' + "x" * 40_000,
        "<body\n" + "x" * 40_000,
        "<!--[if mso]><a href=https://a.test/>" + many_root_tags("body") + "<![endif]-->",
    ],
)
def test_html_that_the_parser_needs_minutes_for_is_refused_unread_and_comes_back(text: str) -> None:
    plan = prepare(text, RewriteOptions("https://t.example"))
    assert plan.render([]) == text
    assert isinstance(plan.failure, InvalidInput)
    assert plan.failure.field == "html"
    assert "more than 32,768 characters together" in plan.failure.problem
    message = b"Content-Type: text/html\r\n\r\n" + text.encode()
    of_message = prepare_message(message, RewriteOptions("https://t.example"))
    assert of_message.render([]) == message
    assert isinstance(of_message.failure, InvalidInput)


@pytest.mark.parametrize(
    "text",
    [
        "<html xmlns:v='urn:schemas-microsoft-com:vml'><body style=\"a>b\" class='x'>" * 20,
        "<body>" * 5_000,
        "<bodyguard a=b>" * 9_000,
        "&lt;body a=b>" * 9_000,
    ],
)
def test_html_with_the_few_root_tags_of_real_mail_is_read(text: str) -> None:
    plan = prepare(text + '<a href="https://a.test/">A</a>', RewriteOptions("https://t.example"))
    assert (plan.error, plan.links) == (None, ("https://a.test/",))


def test_places_are_found_in_any_order_and_each_crlf_counts_once() -> None:
    text = "ab\r\n" * 5_000 + "\r\r\n\n"
    places, one_by_one, letters = Places(text), [0], 0
    while one_by_one[-1] < len(text):
        at = one_by_one[-1]
        one_by_one.append(at + (2 if text.startswith("\r\n", at) else 1))
    for letters in (15_000, 3, 0, 4_096, 4_095, 12_288, 1, len(one_by_one) - 1):
        assert places.at(letters) == one_by_one[letters]
    assert [Places(text, 4).at(letters) for letters in (0, 3, 4)] == [4, 8, 9]
    assert Places("abc", 1).at(2) == 3
