"""The page of the privacy officer: a person is found, shown, opted out and erased in two steps."""

import json

import pytest

from mailpixel.folder.key_file import load_keyring
from mailpixel.links.keyring import pseudonym
from tests.support.api import Api
from tests.support.builders import an_open
from tests.support.web import Person


@pytest.fixture
def officer(history: Api) -> Person:
    person = Person(history, "privacy")
    person.see("/people")
    return person


def test_a_person_is_found_by_id_and_shown(officer: Person) -> None:
    shown = officer.send("/people", {"person": " r-1 "}).text
    assert 'class="id">r-1<' in shown
    assert 'data-label="Events" class="number">3<' in shown


def test_a_person_is_found_by_the_address_that_was_signed(officer: Person, history: Api) -> None:
    id = pseudonym(load_keyring(history.settings.key_file), "ann@example.com")
    history.store.append([an_open(300, recipient=id)])
    shown = officer.send("/people", {"person": "Ann@Example.com"}).text
    assert f'class="id">{id}<' in shown


def test_somebody_unknown_is_shown_as_such_and_nonsense_is_refused(officer: Person) -> None:
    assert "Nothing is stored under this id." in officer.send("/people", {"person": "r-9"}).text
    assert 'id="problem-person"' in officer.send("/people", {"person": "no id"}).text


def test_everything_of_a_person_is_downloaded(officer: Person) -> None:
    answer = officer.send("/people/download", {"person": "r-1"})
    assert answer.headers["content-disposition"] == 'attachment; filename="person.json"'
    assert len(json.loads(answer.content)["events"]) == 3


def test_a_person_is_opted_out(officer: Person, history: Api) -> None:
    assert "no longer counted" in officer.send("/people/optout", {"person": "r-1"}).text
    assert history.registry.is_opted_out("r-1")


def test_a_person_is_erased_and_the_proof_does_not_say_who(officer: Person, history: Api) -> None:
    shown = officer.send("/people/erase", {"person": "r-1"}).text
    assert "<h2>Erased</h2>" in shown
    assert "3 events and 0 refused events" in shown
    assert "r-1" not in shown
    assert list(history.store.person("r-1")) == []
    assert "was erased and is left out since" in officer.send("/people", {"person": "r-1"}).text


@pytest.mark.parametrize("scope", ["read", "write"])
def test_only_a_sign_in_for_privacy_is_enough(history: Api, scope: str) -> None:
    person = Person(history, scope)
    assert person.see("/people").status_code == 403
    assert person.send("/people/erase", {"person": "r-1"}).status_code == 403
    assert "/people" not in person.see("/campaigns").text


def test_the_officer_finds_the_page_and_of_the_settings_the_record_alone(officer: Person) -> None:
    assert 'href="/people"' in officer.see("/campaigns").text
    shown = officer.see("/settings/privacy").text
    assert "Record of processing" in shown
    assert "/settings/keys" not in shown
