"""The pages of a mail: the click map, the mail in its frame, and the template that is tracked."""

import base64
import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.model import Campaign, Link
from mailpixel.rewriting.keeping import Offered, keep_mail
from tests.support.api import Api
from tests.support.web import Person

HTML = (
    '<body><a href="https://shop.example/"><img alt="Logo" src="https://p.test/l.png" width="30"></a>\r\n'
    '<a href="https://shop.example/">Shop &amp; buy</a> <a href="mailto:x@shop.example">Mail</a></body>'
)
TEMPLATE = "/campaigns/spring/template"
FIELDS = {"source": HTML, "merge_tag": "*|MP|*", "keep": "yes"}


@pytest.fixture
def person(api: Api) -> Person:
    api.registry.add_campaign(Campaign("spring", "Spring <b>sale</b>"))
    person = Person(api)
    person.see(TEMPLATE)
    return person


def downloaded(page: str) -> bytes:
    found = re.search(r'href="data:application/octet-stream;base64,([^"]*)"', page)
    assert found
    return base64.b64decode(found[1])


def test_a_pasted_template_is_tracked_shown_with_what_was_left_alone_and_kept(
    person: Person, api: Api
) -> None:
    page = person.send(TEMPLATE, FIELDS).text
    output = downloaded(page)
    assert output.count(b"/c/*|MP|*/1") == 2
    assert re.sub(rb"https://t.example/c/\*\|MP\|\*/1", b"https://shop.example/", output).startswith(
        HTML[:-7].encode()
    )
    assert "scheme: mailto, tel and others" in page
    assert [(link.url, link.label) for link in api.registry.campaign("spring").links] == [
        ("https://shop.example/", "Logo")
    ]
    kept = api.registry.kept_mail("spring")
    assert kept is not None
    assert (kept.html, [place.number for place in kept.places]) == (HTML.encode(), [1, 1])


def test_a_file_by_place_gives_each_place_a_number(person: Person, api: Api) -> None:
    message = EmailMessage()
    message["Subject"] = "Spring"
    message.set_content(HTML.replace("\r\n", "\n"), subtype="html", cte="base64")
    files = {"file": ("spring.eml", bytes(message), "message/rfc822")}
    page = person.send(TEMPLATE, {"merge_tag": "{{ mp }}", "by_place": "yes"}, files).text
    assert re.findall(rb"/c/\{\{ mp \}\}/(\d)", downloaded(page)) == [b"1", b"2"]
    assert [link.label for link in api.registry.campaign("spring").links] == ["Logo", "Shop & buy"]
    assert api.registry.kept_mail("spring") is None, "it was not asked to be kept"


@pytest.mark.parametrize(
    ("fields", "file", "problem"),
    [
        ({"source": " "}, None, "is missing; paste the HTML or choose a file"),
        ({}, b"PK\x03\x04\0", "is not text; choose an HTML file or a message (.eml); choose the file again"),
        ({}, b"x" * 1_048_577, "shorten it to 1,048,576; choose the file again"),
        ({"merge_tag": " "}, None, "the ESP&#39;s merge field"),
        ({"merge_tag": "a&b"}, None, "choose another tag"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_entered_is_lost(
    person: Person, api: Api, fields: dict[str, str], file: bytes | None, problem: str
) -> None:
    files = {"file": ("x.html", file, "text/html")} if file else None
    answer = person.send(TEMPLATE, FIELDS | fields, files)
    assert answer.status_code == 200
    assert problem in answer.text
    if "source" not in fields:
        assert "Shop &amp;amp; buy" in answer.text, "the pasted text stands in its field"
    assert api.registry.campaign("spring").links == ()


def test_the_map_shows_the_mail_its_links_and_what_was_left_alone(person: Person) -> None:
    person.send(TEMPLATE, FIELDS)
    page = person.see("/campaigns/spring/map?link=1").text
    assert '<iframe class="mail" sandbox src="/campaigns/spring/mail?link=1"' in page
    assert "(2 places)" in page
    assert "A link that appears in several places shows the total of all of them." in page
    assert "no clicks yet" in page
    assert "Spring &lt;b&gt;sale&lt;/b&gt;" in page
    with_pictures = person.see("/campaigns/spring/map?pictures=yes").text
    assert 'src="/campaigns/spring/mail?pictures=yes"' in with_pictures


def test_the_mail_has_a_policy_of_its_own_and_pictures_only_when_asked(person: Person) -> None:
    person.send(TEMPLATE, FIELDS)
    mail = person.see("/campaigns/spring/mail")
    assert mail.headers["content-security-policy"] == (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
    assert "p.test" not in mail.text
    assert mail.text.count('data-mp="1"><') + mail.text.count('data-mp="1">Shop') == 2
    pictures = person.see("/campaigns/spring/mail?pictures=yes")
    assert "img-src https: http: data:;" in pictures.headers["content-security-policy"]
    assert 'src="https://p.test/l.png"' in pictures.text


def test_a_campaign_without_a_mail_says_how_to_keep_one(person: Person) -> None:
    assert "No mail is kept for this campaign" in person.see("/campaigns/spring/map").text
    assert person.see("/campaigns/spring/mail").status_code == 404


def test_the_template_takes_a_sign_in_that_may_write(api: Api) -> None:
    api.registry.add_campaign(Campaign("spring", "Spring"))
    assert Person(api, "read").see(TEMPLATE).status_code == 403


LATIN = '<meta charset="iso-8859-1"><a href="https://shop.example/">Caf\u00e9 \u2013 \u0142</a>'


def untracked(output: bytes) -> bytes:
    """The template as it was: its links lead where they led, and the pixel is gone."""
    links = output.replace(b"https://t.example/c/*|MP|*/1", b"https://shop.example/")
    return re.sub(rb"<img[^>]*/o/[^>]*>", b"", links)


def test_pasted_html_is_text_whatever_charset_it_declares(person: Person, api: Api) -> None:
    page = person.send(TEMPLATE, FIELDS | {"source": LATIN}).text
    assert untracked(downloaded(page)) == LATIN.encode()
    kept = api.registry.kept_mail("spring")
    assert kept is not None
    assert (kept.charset, kept.text) == ("utf-8", LATIN)
    assert [link.label for link in api.registry.campaign("spring").links] == ["Caf\u00e9 \u2013 \u0142"]


def test_a_message_keeps_the_charset_of_its_header(person: Person, api: Api) -> None:
    html = '<meta charset="utf-8"><a href="https://shop.example/">\u0416</a>'
    head = b"Content-Type: text/html; charset=koi8-r\r\nContent-Transfer-Encoding: 8bit\r\nMIME-Version: 1.0\r\n\r\n"
    files = {"file": ("spring.eml", head + html.encode("koi8-r"), "message/rfc822")}
    page = person.send(TEMPLATE, {"merge_tag": "*|MP|*", "keep": "yes"}, files).text
    assert untracked(downloaded(page)) == html.encode("koi8-r")
    assert [link.label for link in api.registry.campaign("spring").links] == ["\u0416"]


def test_a_merge_tag_that_the_charset_lacks_is_said_beside_its_field(person: Person, api: Api) -> None:
    files = {"file": ("spring.html", LATIN.encode("cp1252", "ignore"), "text/html")}
    page = person.send(TEMPLATE, {"merge_tag": "{{\u0416}}", "keep": "yes"}, files).text
    assert "has a letter that the encoding of the template, cp1252, lacks; choose another tag" in page
    assert api.registry.campaign("spring").links == ()


def test_badges_are_link_numbers_until_somebody_clicks(person: Person) -> None:
    person.send(TEMPLATE, FIELDS)
    assert "content:'1'!important" in person.see("/campaigns/spring/mail").text


def test_a_hidden_link_of_the_mail_is_called_so(person: Person, api: Api) -> None:
    api.registry.add_campaign(Campaign("trap", "Trap", links=(Link(1, "https://shop.example/", trap=True),)))
    offered = Offered(HTML.encode(), False, "cli", datetime(2026, 11, 1, tzinfo=UTC))
    keep_mail(api.registry, "trap", offered, RewriteOptions("https://t.example"))
    page = person.see("/campaigns/trap/map").text
    assert "a hidden link, which only machines follow" in page
    assert "not a link of this campaign" not in page


def test_a_template_that_is_not_kept_says_why_no_mail_is_shown(person: Person) -> None:
    page = person.send(TEMPLATE, {name: FIELDS[name] for name in ("source", "merge_tag")}).text
    assert "This template was not kept for the click map, so it is not shown." in page


def test_the_map_says_what_it_does_not_show(person: Person) -> None:
    mso = (
        '<!--[if mso]><a href="https://shop.example/">A</a><a href="https://shop.example/">B</a><![endif]-->'
    )
    person.send(TEMPLATE, FIELDS | {"source": mso + HTML})
    page = person.see("/campaigns/spring/map").text
    assert "2 links in comments that only classic Outlook reads are not shown." in page
    assert "The end of the mail is not shown" not in page
    large = (HTML + "<p>" + "&" * 900_000 + "</p><p>last</p>").encode()
    person.send(TEMPLATE, FIELDS | {"source": ""}, {"file": ("x.html", large, "text/html")})
    assert "The end of the mail is not shown" in person.see("/campaigns/spring/map").text
    assert "last" not in person.see("/campaigns/spring/mail").text


def test_a_template_that_the_parser_needs_minutes_for_is_refused_beside_its_field(person: Person) -> None:
    file = ("x.html", "".join(f"<body a{n}=b>" for n in range(4_000)).encode(), "text/html")
    page = person.send(TEMPLATE, FIELDS | {"source": ""}, {"file": file})
    assert page.status_code == 200
    assert "characters together; mail has one of each" in page.text


def test_a_template_that_is_tracked_already_says_so_beside_its_field(person: Person) -> None:
    page = person.send(TEMPLATE, FIELDS | {"source": '<a href="https://t.example/c/*|MP|*/1">A</a>'}).text
    assert "is tracked already (1 links lead to this service)" in page


REMOVE = "/campaigns/spring/map"


def test_the_kept_mail_is_removed_after_a_question(person: Person, api: Api) -> None:
    person.send(TEMPLATE, FIELDS)
    assert f'action="{REMOVE}"' in person.see("/campaigns/spring/map").text
    asked = person.send(REMOVE, {}).text
    assert "Remove the kept mail?" in asked
    assert '<input type="hidden" name="sure" value="yes">' in asked
    assert api.registry.campaigns_with_mail() == ["spring"]
    done = person.send(REMOVE, {"sure": "yes"}).text
    assert "The mail is removed. Figures and links stay as they are." in done
    assert "No mail is kept for this campaign" in done
    assert api.registry.campaigns_with_mail() == []
    assert "Remove the kept mail?" not in person.send(REMOVE, {}).text, "there is nothing to remove"


def test_removing_the_mail_takes_a_sign_in_that_may_write(api: Api) -> None:
    api.registry.add_campaign(Campaign("spring", "Spring"))
    reader = Person(api, "read")
    assert f'action="{REMOVE}"' not in reader.see("/campaigns/spring/map").text
    assert reader.send(REMOVE, {"sure": "yes"}).status_code == 403


def test_of_many_links_the_page_shows_those_that_people_followed_most_and_all_when_asked(
    person: Person, api: Api
) -> None:
    links = tuple(Link(number, f"https://shop.example/p/{number}") for number in range(1, 31))
    api.registry.add_campaign(Campaign("many", "Many", links=links))
    first = person.see("/campaigns/many/links").text
    assert first.count("https://shop.example/p/") == 20
    assert '<a href="/campaigns/many/links?all=yes">Show all 30 links</a>' in first
    every = person.see("/campaigns/many/links?all=yes").text
    assert every.count("https://shop.example/p/") == 30
    assert '<a href="/campaigns/many/links">Show the 20 that most people followed</a>' in every
    assert "Show all" not in person.see("/campaigns/spring/links").text
