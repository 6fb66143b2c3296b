"""The OpenAPI document: its examples fit its schemas, and every object in it says that it takes nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from mailpixel.server.api.routes import document

DOCUMENT = document("https://t.example")
JSON, NDJSON = "application/json", "application/x-ndjson"


def objects(schema: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of an object in a part of the document, with where it stands."""
    if isinstance(schema, dict):
        if "properties" in schema and isinstance(schema["properties"], dict):
            yield at, schema
        for name, inner in schema.items():
            yield from objects(inner, f"{at}/{name}")
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from objects(inner, f"{at}/{number}")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def validator(schema: Any) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def test_the_document_names_the_public_address_first() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == ["https://t.example", "/"]


def test_every_object_says_that_it_takes_no_other_name() -> None:
    found = list(objects(DOCUMENT))
    assert len(found) > 20
    assert [at for at, schema in found if schema.get("additionalProperties") is not False] == []


@pytest.mark.parametrize(("name", "operation"), list(operations()))
def test_every_example_fits_its_schema(name: str, operation: dict[str, Any]) -> None:
    bodies = operation.get("requestBody", {}).get("content", {})
    answers = {
        (status, kind): media
        for status, answer in operation["responses"].items()
        for kind, media in answer.get("content", {}).items()
    }
    for media in (*bodies.values(), *answers.values()):
        if "example" in media:
            validator(media["schema"]).validate(media["example"])
            if isinstance(media["example"], str) and "x-line" in media:
                validator(media["x-line"]).validate(json.loads(media["example"]))
    assert all("example" in media for media in bodies.values()), name


@pytest.mark.parametrize("noun", ["mint", "deliveries", "rewrite"])
def test_one_object_and_a_stream_of_them_are_documented_in_and_out(noun: str) -> None:
    operation = DOCUMENT["paths"][f"/api/campaigns/{{id}}/{noun}"]["post"]
    for content in (operation["requestBody"]["content"], operation["responses"]["200"]["content"]):
        assert list(content) == [JSON, NDJSON]
        assert all("example" in media for media in content.values())


def test_components_have_the_names_of_the_vocabulary() -> None:
    names = DOCUMENT["components"]["schemas"].keys()
    assert {"Campaign", "Event", "Link", "Message", "Recipient", "Hit"} <= names
    assert [name for name in names if name.endswith("Row")] == []


@pytest.mark.parametrize(("name", "schema"), DOCUMENT["components"]["schemas"].items())
def test_every_component_is_described_for_people(name: str, schema: dict[str, Any]) -> None:
    description = schema["description"]
    assert "None" not in description
    assert "stored by" not in description.lower()
    assert not any(line.startswith(" ") for line in description.splitlines()), "Markdown shows it as code"
