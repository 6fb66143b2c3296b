"""Creating and changing a campaign at the pages: the rules of the API, nothing entered is lost, no change is lost."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailpixel.modes import Mode, Modes
from tests.support.api import Api
from tests.support.builders import SENT_AT, a_campaign, a_link, put
from tests.support.web import Person

NEW = {
    "name": "Spring sale",
    "id": "",
    "sent": "25,000",
    "sent_at": "2026-09-21T16:13",
    "zone": "Europe/Berlin",
    "links": "https://shop.example/a\r\n\r\n  https://shop.example/b  \r\n",
    "passthrough": "utm_source, u",
    "base_url": "",
    "mode_opens": "",
    "mode_clicks": "",
}
EDIT = "/campaigns/spring/edit"


@pytest.fixture
def person(api: Api) -> Person:
    return Person(api)


def fields_of(page: str) -> dict[str, str]:
    """The texts of the fields of a page, and its version."""
    return dict(re.findall(r'<input [^>]*?name="([^"]*)"[^>]*? value="([^"]*)"', page))


def test_a_campaign_is_created_with_an_id_made_of_its_name(person: Person, api: Api) -> None:
    person.see("/campaigns/new")
    page = person.send("/campaigns/new", NEW)
    assert "The campaign Spring sale is registered." in page.text
    campaign = api.registry.campaign("spring-sale")
    assert campaign.sent == 25_000
    assert campaign.sent_at == datetime(2026, 9, 21, 14, 13, tzinfo=UTC)
    assert campaign.passthrough == ("utm_source", "u")
    assert [link.url for link in campaign.links] == ["https://shop.example/a", "https://shop.example/b"]


@pytest.mark.parametrize(
    ("field", "entered", "problem"),
    [
        ("name", "x" * 201, "must have 1 to 200 printable characters"),
        ("id", "a b", "letters"),
        ("sent", "many", "must be a whole number"),
        ("sent", "99999999999", ""),
        ("sent_at", "tomorrow", "must be a date and time"),
        ("zone", "Mars/Base", "unknown time zone"),
        ("links", "https://shop.example/a\njavascript:alert(1)", "line 2: "),
        ("base_url", "ftp://x", "must be http"),
        ("passthrough", "a=b", ""),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_entered_is_lost(
    person: Person, api: Api, field: str, entered: str, problem: str
) -> None:
    person.see("/campaigns/new")
    page = person.send("/campaigns/new", NEW | {field: entered})
    assert page.status_code == 200
    found = re.search(rf'<p class="problem" id="problem-{field}">([^<]*)</p>', page.text)
    assert found is not None
    assert problem in found[1]
    shown = fields_of(page.text)
    for name, value in (NEW | {field: entered}).items():
        if name not in ("links", "mode_opens", "mode_clicks"):
            assert shown[name] == value
    for line in (NEW | {field: entered})["links"].split():
        assert line in page.text
    assert api.registry.campaigns() == []


def test_hostile_text_stays_text(person: Person) -> None:
    hostile = '"><script>alert(1)</script>'
    person.see("/campaigns/new")
    page = person.send("/campaigns/new", dict.fromkeys(NEW, hostile))
    assert "<script>alert" not in page.text
    named = person.send("/campaigns/new", NEW | {"name": f"</textarea>{hostile}", "id": "x"})
    assert "<script>alert" not in named.text


def test_a_taken_id_is_said_beside_the_id(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign("spring-sale"))
    person.see("/campaigns/new")
    assert "exists already" in person.send("/campaigns/new", NEW).text


def test_an_id_that_would_hide_a_page_is_refused_beside_the_id(person: Person, api: Api) -> None:
    person.see("/campaigns/new")
    assert "has a page of its own" in person.send("/campaigns/new", NEW | {"id": "", "name": "New"}).text


def test_a_destination_is_corrected_and_the_former_one_is_shown(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=2))
    shown = fields_of(person.see(EDIT).text)
    page = person.send(
        EDIT, shown | {"link-2": "https://shop.example/right", "links": "https://shop.example/new"}
    )
    assert "Saved." in page.text
    assert "Was https://shop.example/p/2 until" in page.text
    assert [link.url for link in api.registry.campaign("spring").links] == [
        "https://shop.example/p/1",
        "https://shop.example/right",
        "https://shop.example/new",
    ]
    assert [row.replaced_by for row in api.registry.link_revisions("spring")] == ["write"]
    assert api.registry.campaign("spring").sent_at == SENT_AT, "what nobody touched stays to the millisecond"


def test_a_faulty_correction_stands_beside_its_link(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=2))
    shown = fields_of(person.see(EDIT).text)
    page = person.send(EDIT, shown | {"link-2": "javascript:alert(1)", "links": ""})
    assert 'id="problem-link-2"' in page.text
    assert fields_of(page.text)["link-2"] == "javascript:alert(1)"
    assert api.registry.campaign("spring").links == a_campaign(links=2).links


def test_a_change_made_meanwhile_is_shown_and_not_overwritten(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=1))
    shown = fields_of(person.see(EDIT).text)
    put(api.registry, replace(api.registry.campaign("spring"), name="Theirs"), "other", SENT_AT)
    page = person.send(EDIT, shown | {"name": "Mine", "links": ""})
    assert "Somebody else changed this campaign" in page.text
    assert "Theirs" in page.text
    assert api.registry.campaign("spring").name == "Theirs"
    again = fields_of(page.text)
    assert again["name"] == "Mine"
    person.send(EDIT, again | {"links": ""})
    assert api.registry.campaign("spring").name == "Mine"


def test_links_that_mail_registers_meanwhile_are_no_conflict_and_stay(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=1))
    shown = fields_of(person.see(EDIT).text)
    api.registry.register_links("spring", ["https://shop.example/met"])
    assert "Saved." in person.send(EDIT, shown | {"name": "Mine", "links": ""}).text
    assert api.registry.campaign("spring").links == (a_link(1), a_link(2, "https://shop.example/met"))


def test_a_campaign_is_archived_and_restored(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    person.see(EDIT)
    person.send("/campaigns/spring/archive", {"archived": "true"})
    assert api.registry.campaign("spring").archived
    person.see(EDIT)
    person.send("/campaigns/spring/archive", {"archived": "false"})
    assert not api.registry.campaign("spring").archived


def test_only_a_campaign_that_was_never_sent_is_deleted_and_only_on_purpose(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign("draft", sent=None, sent_at=None))
    api.registry.add_campaign(a_campaign(sent=5))
    person.see("/campaigns/draft/edit")
    assert "tick this" in person.send("/campaigns/draft/delete", {}).text
    person.send("/campaigns/draft/delete", {"sure": "yes"})
    person.see(EDIT)
    assert "may have been sent" in person.send("/campaigns/spring/delete", {"sure": "yes"}).text
    assert [campaign.id for campaign in api.registry.campaigns()] == ["spring"]


def test_who_may_only_read_changes_nothing(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    reader = Person(api, "read")
    assert reader.see(EDIT).status_code == 403
    for path in (EDIT, "/campaigns/new", "/campaigns/spring/archive", "/campaigns/spring/delete"):
        assert reader.send(path, {"name": "x"}).status_code == 403
    assert api.registry.campaigns() == [a_campaign()]


def test_the_mode_of_a_campaign_is_chosen_for_opens_and_clicks(person: Person, api: Api) -> None:
    person.see("/campaigns/new")
    person.send("/campaigns/new", NEW | {"mode_opens": "aggregate"})
    assert api.registry.campaign("spring-sale").mode == Modes(Mode.AGGREGATE, Mode.FULL)
    page = person.see("/campaigns/spring-sale/edit").text
    assert '<option value="aggregate" selected>' in page
    refused = person.send("/campaigns/new", NEW | {"id": "other", "mode_clicks": "some"})
    assert 'id="problem-mode"' in refused.text


def test_carrying_clicks_is_ticked_and_unticked(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    page = person.see(EDIT)
    assert 'name="carry" value="yes">' in page.text
    entered = fields_of(page.text) | {"name": "Spring", "mode_opens": "", "mode_clicks": "", "links": ""}
    person.send(EDIT, entered | {"carry": "yes"})
    assert api.registry.campaign("spring").carry
    page = person.see(EDIT)
    assert 'name="carry" value="yes" checked>' in page.text
    del entered["carry"]
    person.send(EDIT, entered | {"version": fields_of(page.text)["version"]})
    assert not api.registry.campaign("spring").carry
