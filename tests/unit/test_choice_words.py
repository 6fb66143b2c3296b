"""The texts of the choice page: complete in every language, replaceable, and in the language of the reader."""

import json

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.modes import Mode
from mailpixel.pages.choice import KINDS, UNSET
from mailpixel.pages.choice_words import Words, built_in, in_force, language_for, names, read_words

LANGUAGES = ["en", "de", "fr", "es", "it"]


def test_all_languages_have_all_texts_in_the_same_order() -> None:
    assert list(built_in()) == LANGUAGES
    assert {language: tuple(words.texts) for language, words in built_in().items()} == dict.fromkeys(
        LANGUAGES, names()
    )
    assert all(text.strip() == text != "" for words in built_in().values() for text in words.texts.values())


def test_texts_that_the_page_chooses_exist() -> None:
    assert set(UNSET) == set(Mode)
    assert {*UNSET.values(), *KINDS.values(), "saved", "erased"} <= set(names())


def test_texts_that_lack_what_a_later_release_shows_get_it_from_the_built_in_ones() -> None:
    older = {**built_in()["de"].texts, "title": "Ihre Wahl"}
    del older["unset_deliverability"]
    for language, base in (("de", "de"), ("pl", "en")):
        found = in_force([json.dumps({"language": language, **older})])[language]
        assert tuple(found.texts) == names()
        assert found.texts["title"] == "Ihre Wahl"
        assert found.texts["unset_deliverability"] == built_in()[base].texts["unset_deliverability"]


def test_only_the_introduction_has_a_place_for_the_name() -> None:
    for words in built_in().values():
        assert [name for name, text in words.texts.items() if "{" in text] == ["intro"]
        assert "{sender}" in words.texts["intro"]


def test_no_line_breaks_inside_of_the_word_for_mail() -> None:
    for words in built_in().values():
        assert not [text for text in words.texts.values() if "e-mail" in text.lower()]


def test_the_version_is_that_of_the_texts_alone() -> None:
    german = built_in()["de"]
    again = Words("de", dict(reversed([*german.texts.items()])))
    assert again.version == german.version
    assert Words("at", german.texts).version != german.version
    assert len({words.version for words in built_in().values()}) == len(LANGUAGES)


def test_a_wording_is_read_back_as_it_was_written() -> None:
    for words in built_in().values():
        assert read_words(words.body) == words


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": 5}, "title"),
        ({"title": "x" * 2_001}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"intro": "We look."}, "intro"),
        ({"subtitle": "x"}, "subtitle"),
        ({"language": "EN"}, "language"),
        ({"language": None}, "language"),
        ({"language": "../x"}, "language"),
    ],
)
def test_a_wording_with_a_fault_is_refused_by_name(change: dict[str, object], field: str) -> None:
    whole = {"language": "pl", **built_in()["en"].texts, **change}
    text = json.dumps({name: value for name, value in whole.items() if value is not None})
    with pytest.raises(InvalidInput) as refused:
        read_words(text)
    assert refused.value.field == field


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
def test_what_is_no_wording_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="FILE"):
        read_words(text)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("fr;q=0.5, de;q=0.8", "de"),
        ("it, de", "it"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("de;q=0", "en"),
        ("de;q=x, fr", "fr"),
        ("*", "en"),
        ("pl, *;q=0.5", "en"),
        (",,;;q=,", "en"),
        ("de;q=1.0000000000000000001", "en"),
        ("x" * 2_000 + ",de", "en"),
    ],
)
def test_the_best_language_that_is_there_is_taken(accepted: str, language: str) -> None:
    assert language_for("", accepted, LANGUAGES) == language
    assert language_for("es", accepted, LANGUAGES) == language_for("ES", accepted, LANGUAGES) == "es"
    assert language_for("pl", accepted, [*LANGUAGES, "pl"]) == "pl"
