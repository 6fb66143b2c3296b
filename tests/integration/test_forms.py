"""Reading forms and uploads: what is kept, what is refused, and that nothing is left of a file."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mailpixel.errors import InvalidInput
from mailpixel.server.threads import Threads
from mailpixel.server.web.forms import Form, read_form
from mailpixel.settings import Settings
from tests.support.pages import a_person

BOUNDARY = "----boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
PLAIN = "application/x-www-form-urlencoded"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def read(
    data: Path, body: bytes, media: str, *, files: bool = True, step: int = 1_000, **settings: Any
) -> Form:
    """Read a form that comes in pieces of `step` bytes."""
    pieces = [body[start : start + step] for start in range(0, len(body), step)]
    data.mkdir(exist_ok=True)
    services = SimpleNamespace(settings=Settings(data=data, **settings), threads=Threads())
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-type", media.encode())],
        "state": {"services": services},
    }
    messages: AsyncIterator[dict[str, Any]] = _messages(pieces)

    async def reading() -> Form:
        return await read_form(Request(scope, messages.__anext__), files)

    return asyncio.run(reading())


async def _messages(pieces: list[bytes]) -> AsyncIterator[dict[str, Any]]:
    for piece in pieces:
        yield {"type": "http.request", "body": piece, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


@pytest.mark.parametrize("step", [1, 7, 1_000])
def test_fields_and_files_are_read_whatever_the_pieces(tmp_path: Path, step: int) -> None:
    content = bytes(range(256)) * 4
    body = (
        part("name", "Grüße".encode())
        + part("tag", b"a")
        + part("tag", b"b")
        + part("list", content, "ü.csv")
    )
    form = read(tmp_path / "data", body + END, MULTIPART, step=step)
    assert dict(form) == {"name": "Grüße", "tag": "b"}
    assert form.all("tag") == ["a", "b"]
    upload = form.files["list"]
    assert (upload.filename, upload.size_bytes, upload.file.read()) == ("ü.csv", len(content), content)
    assert list((tmp_path / "data").iterdir()) == []  # the file has no name
    form.close()
    assert upload.file.closed


def test_an_input_for_files_that_was_left_empty_is_no_file(tmp_path: Path) -> None:
    assert read(tmp_path, part("list", b"", "") + END, MULTIPART).files == {}


def test_a_plain_form_is_read_and_a_missing_field_is_an_error(tmp_path: Path) -> None:
    form = read(tmp_path, b"name=Gr%C3%BC%C3%9Fe+x&empty=", PLAIN)
    assert dict(form) == {"name": "Grüße x", "empty": ""}
    assert form.get("other") == ""
    with pytest.raises(InvalidInput, match="other: is missing"):
        form["other"]


@pytest.mark.parametrize(
    ("body", "media", "settings", "status"),
    [
        (part("list", b"x" * 2_000, "a") + END, MULTIPART, {"upload_bytes": 1_999}, 413),
        (part("text", b"x" * 2_000) + END, MULTIPART, {"body_bytes": 1_999}, 413),
        (b"text=" + b"x" * 2_000, PLAIN, {"body_bytes": 1_999}, 413),
        (part("t", b"") * 1_001 + END, MULTIPART, {}, 413),
        (b"t=&" * 1_001, PLAIN, {}, 400),
        (part("list", b"x", "a"), MULTIPART.replace(BOUNDARY, "other"), {}, 400),
        (part("list", b"x", "a"), "multipart/form-data", {}, 400),
        (b"t=%FF", PLAIN, {}, 400),
        (b"t=\xff", PLAIN, {}, 400),
        (b"{}", "application/json", {}, 415),
        (part("list", b"a,b\r\n1,2", "a"), MULTIPART, {}, 400),
        (part("text", b"cut off"), MULTIPART, {}, 400),
        (part("list", b"x", "a") + part("list", b"y", "b") + END, MULTIPART, {}, 400),
        (b"".join(part(f"f{at}", b"", "a") for at in range(5)) + END, MULTIPART, {}, 400),
        (END + b"x" * 300_000, MULTIPART, {}, 413),
        (b"\r\n" * 200_000 + part("t", b"x") + END, MULTIPART, {}, 413),
        (part("t", b"") * 900 + END, MULTIPART.replace(BOUNDARY, BOUNDARY * 20), {}, 400),
    ],
)
def test_what_is_too_large_or_no_form_is_refused(
    tmp_path: Path, body: bytes, media: str, settings: dict[str, Any], status: int
) -> None:
    with pytest.raises(HTTPException) as refused:
        read(tmp_path, body, media, **settings)
    assert refused.value.status_code == status


@pytest.mark.parametrize(
    "body",
    [part("list", b"", "a") + END, part("key", b"x" * 16_385) + END, part("list", b"x" * 20_000, "") + END],
)
def test_who_is_not_signed_in_sends_a_small_form_without_files(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(HTTPException) as refused:
        read(tmp_path, body, MULTIPART, files=False)
    assert refused.value.status_code == 413


def test_forms_with_files_have_few_places_and_other_forms_need_none(tmp_path: Path) -> None:
    with a_person(tmp_path / "data", "write") as person:
        hidden = {"csrf": person.hidden("/campaigns/new"), "name": "Spring", "id": "spring"}
        person.client.post("/campaigns/new", data=hidden)
        forms = person.client.app_state["services"].threads.forms
        while forms.acquire(blocking=False):
            pass

        def sign() -> httpx2.Response:
            files = {"list": ("a.csv", b"recipient\nr-1\n")}
            return person.client.post(
                "/campaigns/spring/tokens", data=hidden, files=files, follow_redirects=False
            )

        refused = sign()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
        assert "too many uploads at once" in refused.text
        assert person.post("/campaigns/new", "/campaigns/new", {"name": "Two"}).status_code == 303
        forms.release()
        for _ in range(3):
            assert sign().status_code == 303


def test_nobody_uploads_without_being_signed_in(tmp_path: Path) -> None:
    with pytest.raises(HTTPException) as refused:
        read(tmp_path, part("list", b"x", "a") + END, MULTIPART, files=False)
    assert refused.value.status_code == 413
