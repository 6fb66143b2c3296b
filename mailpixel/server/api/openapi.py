"""Makes the OpenAPI 3.1 document from the table of endpoints."""

import json
import re
from collections.abc import Sequence
from typing import Any

from mailpixel import __version__
from mailpixel.reading.shapes import Shape, each_once, schemas_of
from mailpixel.server.api.answer_examples import EXAMPLES
from mailpixel.server.api.answers import SCHEMAS, ref
from mailpixel.server.api.endpoint import Endpoint
from mailpixel.server.errors import CODES
from mailpixel.store.mails import MAIL_BYTES

NDJSON = "application/x-ndjson"
JSON = "application/json"
PATH_PARAMETERS = {
    "id": "The campaign, or the site.",
    "name": "The name of the source or webhook.",
    "recipient": "The recipient id. Write a `/` in it as %2F.",
    "visitor": "The key of a visitor of one day, as the console and orders show it.",
}
REASONS = {
    400: "The body is not valid JSON.",
    401: "A valid API key is missing.",
    403: "The key lacks the required scope.",
    404: "There is no such campaign or message.",
    409: "The id is taken, or the campaign may have been sent.",
    413: "The body is too large.",
    415: "This content type is not supported.",
    422: "A field is invalid; the error names it.",
    429: "Too many wrong API keys came from this address; try again in a minute.",
    501: "A package that this needs is not installed; the message says which.",
    503: "The store does not respond; try again later.",
}
INTRODUCTION = (
    "Count opens and clicks of e-mail, and separate people from machines. Every error is "
    '`{"error": {"code", "message", "field"}}`. Lists are paged by `cursor`. Streams have one JSON object per line.'
)


def document_of(endpoints: Sequence[Endpoint], base_url: str) -> dict[str, Any]:
    """The document of a table of endpoints for a service at a public address; `paths` in its order."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(_path(endpoint), {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mailpixel", "version": __version__, "description": INTRODUCTION},
        "servers": [
            {"url": base_url, "description": "The public address of the service."},
            {"url": "/", "description": "The address that served this document."},
        ],
        "paths": paths,
        "components": {
            "schemas": each_once(SCHEMAS, schemas_of(each.body for each in endpoints if each.body)),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _path(endpoint: Endpoint) -> str:
    return endpoint.path.replace(":path}", "}")


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _id(endpoint),
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint.query)],
        "responses": _responses(endpoint),
        "security": [{"key": []}] if endpoint.scope else [],
    }
    if endpoint.scope:
        operation["description"] = f"Requires an API key with the scope `{endpoint.scope}`."
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": not endpoint.lines,
            "content": _body(endpoint, endpoint.body),
        }
    elif endpoint.takes:
        operation["requestBody"] = {
            "required": True,
            "content": {kind: _mail(kind) for kind in endpoint.takes},
        }
    return operation


def _id(endpoint: Endpoint) -> str:
    words = re.findall(r"[a-z]+", re.sub(r"\{.*?\}", "one", endpoint.path.removeprefix("/api")))
    return "_".join([endpoint.method.lower(), *words])


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETERS[name],
            "schema": {"type": "string", "minLength": 1},
        }
        for name in re.findall(r"\{(\w+)", endpoint.path)
    ]


def _query_parameters(query: type[Shape]) -> list[dict[str, Any]]:
    """The fields of a shape as parameters, each with its description beside its schema."""
    found = schemas_of([query])[query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "description": schema.pop("description"), "schema": schema}
        for name, schema in found.items()
    ]


def _body(endpoint: Endpoint, shape: type[Shape]) -> dict[str, Any]:
    schema = ref(shape.__name__)
    fields = schemas_of([shape])[shape.__name__]["properties"]
    example = {name: field["examples"][0] for name, field in fields.items() if "examples" in field}
    one = {JSON: {"schema": schema, "example": example}}
    if not endpoint.stream:
        return one
    text = {"description": "One object per line, with the schema in `x-line`."}
    return one | {NDJSON: {"schema": text, "x-line": schema, "example": json.dumps(example) + "\n"}}


def _mail(kind: str) -> dict[str, Any]:
    """A mail as a body: HTML, or a whole message around it, not empty and at most `MAIL_BYTES`.

    The body is bytes, so its schema states no type.
    """
    example = '<p>Hello! <a href="https://shop.example/">Our shop</a></p>'
    if kind == "message/rfc822":
        example = f"Subject: Spring\r\nContent-Type: text/html\r\n\r\n{example}\r\n"
    return {"schema": {"description": f"At most {MAIL_BYTES:,} bytes, not empty."}, "example": example}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    responses = {str(endpoint.status): {"description": "Success.", "content": _content(endpoint)}}
    responses |= {str(status): _error(status) for status in _failing(endpoint)}
    if endpoint.path == "/readyz":
        responses["503"] = {"description": "Not ready.", "content": _content(endpoint)}
    return responses


def _content(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.status == 204:
        return {}
    lines = endpoint.row or endpoint.answer
    content = {
        kind: _media(kind, lines if kind == NDJSON else endpoint.answer) for kind in endpoint.media or (JSON,)
    }
    return content | ({NDJSON: _media(NDJSON, f"{endpoint.answer}Line")} if endpoint.stream else {})


def _media(kind: str, answer: str | None) -> dict[str, Any]:
    example = EXAMPLES.get(answer or "")
    if kind == JSON and answer:
        return {"schema": ref(answer)} | ({"example": example} if example else {})
    line = {"x-line": ref(answer)} if kind == NDJSON and answer else {}
    shown = {"example": json.dumps(example) + "\n"} if line and example else {}
    return {"schema": {"type": "string"}, **line, **shown}


def _failing(endpoint: Endpoint) -> list[int]:
    """The errors an endpoint may answer with."""
    if endpoint.handler is None:
        return []
    statuses = {*endpoint.fails, 422}
    if endpoint.scope:
        statuses |= {401, 403, 429, 503}
    if "{" in endpoint.path:
        statuses.add(404)
    if endpoint.body is not None:
        statuses |= {400, 413, 415}
    if endpoint.takes:
        statuses |= {413, 415}
    return sorted(statuses)


def _error(status: int) -> dict[str, Any]:
    description = REASONS.get(status, CODES[status])
    return {"description": description, "content": {JSON: _media(JSON, "Error")}}
