"""The pages of a mail: the click map, the mail in its frame, and the template that is tracked."""

import base64
import re
from email.message import EmailMessage

import pytest

from mailpixel.model import Campaign
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
