"""Reading forms: fields are kept in memory and bounded, files on disk and bounded.

A file lies in the data folder without a name, so only this process can read it, and nothing of it is left once it
is closed, not even after a crash.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mailpixel.errors import InvalidInput
from mailpixel.reading.shapes import read_shape
from mailpixel.server.services import Services
from mailpixel.server.web.multipart import MultipartReader

MOST_FIELDS = 1_000
SMALL_BYTES = 16_384
"""The largest form of a person who is not signed in: a key, or a button."""
RETRY_AFTER = {"retry-after": "60"}
TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

AnyShape = TypeVar("AnyShape", bound=Struct)


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file: its name as the browser says it (only to be shown), and its content, read from the start."""

    filename: str
    file: BinaryIO
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Form(Mapping[str, str]):
    """The fields of a form by name, each with its last value, and its files. Browsers send no unticked box."""

    values_of: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """The value of a field. Raises `InvalidInput` for a field that the form lacks."""
        if name not in self.values_of:
            raise InvalidInput(name, "is missing; fill in the form again")
        return self.values_of[name][-1]

    def __iter__(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(self.values_of)

    def __len__(self) -> int:
        """The number of fields."""
        return len(self.values_of)

    def __contains__(self, name: object) -> bool:
        """Whether the form has this field."""
        return name in self.values_of

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        """The value of a field, or the default."""
        values = self.values_of.get(name)
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be repeated."""
        return list(self.values_of.get(name, ()))

    def read(self, shape: type[AnyShape]) -> AnyShape:
        """The fields that the shape knows, checked and converted. An empty field counts as not sent.

        Raises `InvalidInput`.
        """
        known = shape.__struct_encode_fields__
        return read_shape({name: self[name] for name in known if self.get(name)}, shape, texts=True)

    def close(self) -> None:
        """Delete the files."""
        for upload in self.files.values():
            upload.file.close()


async def read_form(request: Request, allow_files: bool) -> Form:
    """The form of a POST. Raises `HTTPException`: 413 when it is too large, 415 when it is no form, 400 when broken."""
    media, _, _ = request.headers.get("content-type", "").partition(";")
    services: Services = request.state.services
    most = services.settings.body_bytes if allow_files else SMALL_BYTES
    if media.strip().lower() == TYPES[1]:
        files_bytes = services.settings.upload_bytes if allow_files else 0
        reader = MultipartReader(services, request.headers["content-type"], files_bytes, most)
        fields, files = await reader.read(request)
        return Form(fields, {name: Upload(*each) for name, each in files.items()})
    if media.strip().lower() not in (TYPES[0], ""):
        raise HTTPException(415, "send a form")
    return Form(_fields(await _body(request, most)))


async def _body(request: Request, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, "the form is too large")
    return bytes(body)


@contextmanager
def upload_place(services: Services, request: Request) -> Iterator[None]:
    """Hold one of the few places for forms that may bring files. Raises `HTTPException` 503 when all are taken."""
    if not request.headers.get("content-type", "").strip().lower().startswith(TYPES[1]):
        yield
        return
    if not services.threads.forms.acquire(blocking=False):
        raise HTTPException(
            503, "There are too many uploads at once. Go back, and try again in a minute.", RETRY_AFTER
        )
    try:
        yield
    finally:
        services.threads.forms.release()


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise HTTPException(400, "the form is broken; go back and try again") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
