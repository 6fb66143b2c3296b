"""A test mail: its links are real, it is for those who may write, and looking at it counts nothing."""

import re
from html import unescape

import pytest

from mailpixel.server.web.trial import RECIPIENT
from tests.support.api import Api
from tests.support.builders import a_campaign
from tests.support.web import Person

TRIAL = "/campaigns/spring/test-mail"
FETCHED = re.compile(r'href="https://t\.example(/[oc]/[^"]+)"')


@pytest.fixture
def person(api: Api) -> Person:
    api.registry.add_campaign(a_campaign(links=2))
    return Person(api)


def hits_of_trial(api: Api) -> list[str]:
    api.fold()
    return [event.kind.name for event in api.store.message("spring", RECIPIENT).events]


def test_an_overview_without_hits_offers_a_test_mail_whose_image_and_links_are_counted(
    person: Person, api: Api
) -> None:
    assert f'action="{TRIAL}"' in person.see("/campaigns/spring").text
    page = person.send(TRIAL, {}).text
    addresses = [unescape(found) for found in FETCHED.findall(page)]
    assert len(addresses) == 3
    for address in addresses:
        answer = api.client.get(address, follow_redirects=False)
        assert answer.status_code == (200 if address.startswith("/o/") else 302)
    assert hits_of_trial(api) == ["OPEN", "CLICK", "CLICK"]


def test_looking_at_a_test_mail_counts_nothing_and_loads_nothing(person: Person, api: Api) -> None:
    person.see("/campaigns/spring")
    page = person.send(TRIAL, {}).text
    assert "<img" not in page
    assert hits_of_trial(api) == []


def test_a_campaign_with_a_test_mail_is_not_deleted(person: Person, api: Api) -> None:
    api.registry.add_campaign(a_campaign("draft", sent=None, sent_at=None))
    person.see("/campaigns/draft")
    person.send("/campaigns/draft/test-mail", {})
    person.see("/campaigns/draft/edit")
    assert "links were signed for it" in person.send("/campaigns/draft/delete", {"sure": "yes"}).text


def test_who_may_only_read_gets_no_test_mail(api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=2))
    reader = Person(api, "read")
    assert TRIAL not in reader.see("/campaigns/spring").text
    assert reader.send(TRIAL, {}).status_code == 403
