"""The click map of a mail: every tracked place is marked, and nothing loads or runs, whatever the mail holds."""

import re

import html5lib  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailpixel.links.html import draft_html
from mailpixel.links.splicing.draft import Destinations
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.pages.mail_css import NOTHING, harmless
from mailpixel.pages.mail_map import ATTRIBUTES, ELEMENTS, MOST_CHARS, MapStyle, mail_map
from mailpixel.store.mails import KeptPlace
from tests.support.corpus import documents, hydrated

OPTIONS = RewriteOptions("https://t.example")
MINE = {"data-mp", "data-left", "data-mp-picture", "src", "style"}
HTML = "{http://www.w3.org/1999/xhtml}"
HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<body onload=alert(1)>", "<svg onload=alert(1)>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>", "<math><mtext><style><img src=x></style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>", "<object data=https://evil.test/x></object>",
    "<embed src=https://evil.test/x>", "<base href=https://evil.test/>",
    "<meta http-equiv=refresh content=0;url=//e.test>",
    "<link rel=stylesheet href=https://evil.test/x.css>", "<form action=https://evil.test/><button formaction=//e>x",
    "<input type=image src=https://evil.test/x>", "<video poster=https://evil.test/x src=y><source srcset=z></video>",
    "<table background=https://evil.test/x><tr><td background=//e.test/y>",
    "<a href=https://shop.example/ ping=//e>P</a>",
    "<p style='background:u\\72l(//e.test)'>x</p>", "<p style=\"background:url('//e.test/x')\">x</p>",
    "<style>@import '//e.test/x'; p{background:URL(//e)} @font-face{src:url(//e)}</style>",
    "<style>p{background:image-set('//e.test/x' 1x)}</style>", "<style>p{--x:u/**/rl(//e)}</style>", "<style></sty",
    "<!--[if mso]><img src=x><![endif]-->", "<!--><img src=x onerror=alert(1)>-->", "<![CDATA[<img src=x>]]>",
    "<<script></script>img src=x onerror=alert(1)>", "<noscript><p title='</noscript><img src=x onerror=a>'>",
    "<template><img src=x></template>", "<frameset><frame src=//e></frameset>", "<plaintext>", "<xmp><img src=x></xmp>",
    "<select><img src=x></select>", "<textarea></textarea><img src=x>", "<title></title><img src=x>",
    "<a href=https://shop.example/>L</a>", "<a href='https://shop.example/'><p>block</a>", "<b><i>", "</b>", "<p>",
    "\0",
    "<img srcset='//e 2x' src=https://pictures.test/a.png width=10>", "<area href=https://shop.example/ alt=Area>",
)  # fmt: skip


def places_of(text: str) -> list[KeptPlace]:
    destinations = Destinations({}, by_place=True)
    draft = draft_html(text, OPTIONS, destinations)
    slots = [slot for index, slot in enumerate(draft.slots) if index != draft.pixel]
    return [KeptPlace(slot.start, slot.end, n, "") for n, slot in enumerate(slots, 1)]


def mapped(text: str, **style: object) -> str:
    places = places_of(text)
    return mail_map(text, places, MapStyle({place.number or 0: 0.3 for place in places}, **style)).html  # type: ignore[arg-type]


def check_harmless(output: str) -> None:
    """No element, attribute or style that the lists do not name, by two other parsers."""
    for element in html5lib.parse(output, treebuilder="etree", namespaceHTMLElements=True).iter():
        if not isinstance(element.tag, str):
            raise AssertionError("a comment")
        assert element.tag.startswith(HTML), element.tag
        tag = element.tag.removeprefix(HTML)
        assert tag in ELEMENTS | {"html", "head", "body", "style", "img"}, tag
        assert set(element.attrib) <= ATTRIBUTES | MINE, element.attrib
        assert all(
            tag == "img" and value.startswith("data:image/gif;")
            for name, value in element.attrib.items()
            if name == "src"
        )
        check_css(element.attrib.get("style", ""))
        if tag == "style":
            check_css(element.text or "")
    for node in LexborHTMLParser(output).css("*"):
        assert not {name for name in node.attributes if name.startswith("on")}
        assert node.tag not in {
            "script",
            "iframe",
            "object",
            "embed",
            "base",
            "meta",
            "link",
            "svg",
            "math",
            "form",
        }


def check_css(css: str) -> None:
    lower = css.lower().replace("\\a0", "").replace("\\3c", "")
    assert "\\" not in lower
    assert not re.search(r"(?:url|src|image|image-set|cross-fade|element|expression|paint)\(", lower), css
    assert not re.search(r"@(?:import|font-face|namespace|charset)", lower), css


@pytest.mark.parametrize("piece", HOSTILE)
def test_nothing_that_loads_or_runs_is_left(piece: str) -> None:
    for text in (
        piece,
        f"<table><tr><td>{piece}</table>",
        f"<a href=https://shop.example/>{piece}</a>",
        piece * 3,
    ):
        check_harmless(mapped(text))


@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=6)), max_size=8).map("".join))
def test_no_mixture_of_hostile_pieces_leaves_anything_that_loads(text: str) -> None:
    check_harmless(mapped(text))


@given(st.lists(st.one_of(st.sampled_from(["url(", "\\75", "/*", "*/", "@im", "port", "'", '"', "u", "rl(", "<", "(", "@", ";", "image-set(", "-", "calc(1px)"]), st.text(max_size=3)), max_size=12).map("".join))  # fmt: skip  # noqa: E501
def test_no_style_sheet_is_left_with_what_loads(css: str) -> None:
    check_css(harmless(css))
    assert harmless(harmless(css)) == harmless(css)


def test_styles_that_load_nothing_stay_as_they_are() -> None:
    css = "@media (max-width:600px){.a{color:rgb(1,2,3);width:calc(100% - 2px)!important}} td{padding:0 4px}"
    assert harmless(css) == css
    assert harmless("p{background:url(x)}") == f"p{{background:{NOTHING}(x)}}"


@pytest.mark.parametrize("letter", ["-", "a", "_"])
def test_a_word_as_long_as_a_mail_may_be_is_read_once(letter: str) -> None:
    word = letter * 1_000_000
    assert harmless(word) == word
    assert harmless(f"{word}(") == f"{NOTHING}("


def test_style_sheets_of_the_mail_stay_in_head_and_body() -> None:
    output = mapped(
        "<head><style>.b{color:red}</style></head><body><style>@media print{p{color:#000}}</style><p>x"
    )
    assert "<style>.b{color:red}</style>" in output
    assert "<style>@media print{p{color:#000}}</style>" in output
    assert '<p class="b c" id="x">' in mapped('<p class="b c" id=x>')


def test_each_tracked_place_is_marked_with_its_number() -> None:
    text = "<p>\r\n<a href=\"https://a.test/\">A</a> <a href='https://b.test/'>B</a> <a href=mailto:x@y.test>M</a>"
    output = mapped(text)
    assert re.findall(r"<a ([^>]*)>", output) == ['data-mp="1"', 'data-mp="2"', "data-left"]


def test_pictures_are_boxes_of_their_size_until_somebody_asks_for_them() -> None:
    text = (
        '<img src="https://p.test/a.png" width="30" height=20 alt=Logo><img src="https://t.example/o/x.gif">'
    )
    boxes = mapped(text)
    assert "p.test" not in boxes
    assert 'width="30" height="20" alt="Logo" src="data:' in boxes
    shown = mapped(text, pictures=True, own="https://t.example/")
    assert re.findall(r'src="(http[^"]+)', shown) == ["https://p.test/a.png"], "never our own pixel"


def test_every_published_template_becomes_a_map_with_a_mark_for_each_place() -> None:
    for path, text in documents().items():
        text = hydrated(text)
        output = mapped(text)
        hidden = (
            text.lower().count("<!--[if") + text.lower().count("<template") + text.lower().count("<noscript")
        )
        marks = {int(number) for number in re.findall(r'<(?:a|span)[^<>]* data-mp="(\d+)"', output)}
        if not hidden:
            assert marks == set(range(1, len(places_of(text)) + 1)), path


def test_a_map_that_would_be_too_long_says_that_it_is_cut_and_is_closed() -> None:
    text = "<div><p>" + "&" * (MOST_CHARS // 5 - 9) + "</p><p>first</p><p>second</p></div>"
    whole = mail_map("<p>" + "&" * (MOST_CHARS // 5 - 9), (), MapStyle({}))
    cut = mail_map(text.replace("first", "&" * 99), (), MapStyle({}))
    assert (whole.is_cut, cut.is_cut) == (False, True)
    assert len(cut.html) < MOST_CHARS + 5_000
    assert "second" not in cut.html
    assert "</p></div></body><style>" in cut.html


def test_copies_of_elements_left_open_do_not_make_a_map_endless() -> None:
    text = "".join(f"<b c={number}>x<p>" for number in range(9_000))
    assert mail_map(text, (), MapStyle({})).is_cut


def test_links_of_classic_outlook_are_counted_because_they_are_not_shown() -> None:
    text = (
        '<!--[if mso]><a href="https://a.test/">A</a><v:rect href="https://b.test/"></v:rect><![endif]--><p>x'
    )
    assert mail_map(text, (), MapStyle({})).conditional == 2
    assert mail_map("<!--[if mso]><p>href<![endif]--><!-- <a href=x> -->", (), MapStyle({})).conditional == 0


def test_a_mail_that_no_parser_reads_in_time_has_no_map_and_says_why() -> None:
    found = mail_map("<body a=b>" * 4_000, (), MapStyle({}))
    assert (found.html, found.problem[:30]) == ("", "has <html> and <body> tags of ")
