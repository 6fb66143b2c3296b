"""What the API answers is what its document says, for a campaign with some history."""

import pytest
from jsonschema_rs import Draft202012Validator

from mailpixel.server.api.routes import document
from tests.support.api import Api

DOCUMENT = document("https://t.example")
JSON = "application/json"
PATHS = [
    path for path, methods in DOCUMENT["paths"].items() if "get" in methods and not path.endswith("/stream")
]
"""All but the streams, which have no end; see `tests/e2e/test_live.py`."""


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_fits_the_schema_that_is_published_for_it(history: Api, path: str) -> None:
    answer = history.get(path.replace("{id}", "spring").replace("{recipient}", "r-1"))
    content = DOCUMENT["paths"][path]["get"]["responses"][str(answer.status_code)]["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in content
    if kind == JSON:
        schema = {**content[JSON]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(answer.json())
