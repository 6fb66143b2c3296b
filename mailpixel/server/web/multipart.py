"""A form with files, read piece by piece: fields into memory, files into the data folder. Both are bounded."""

from typing import BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mailpixel.folder.unnamed_files import disk_errors, unnamed_file
from mailpixel.server.services import Services

MOST_PARTS = 1_000
MOST_FILES = 4
"""Most files of one form. Each is an open file of this process."""
AROUND_BYTES = 262_144
"""Most bytes around the content of all parts: boundaries, headers, and what follows the end."""
WRITE_BYTES = 262_144
"""What is collected before a thread writes it."""
NAME_CHARS = 200

Spooled = tuple[str, BinaryIO, int]
"""The name of a file as the browser says it, the file, and its size."""


class MultipartReader:
    """Reads one form. Its files may have `upload_bytes` together, 0 for none, and its fields `field_bytes`."""

    def __init__(self, services: Services, content_type: str, upload_bytes: int, field_bytes: int) -> None:
        self._services = services
        self._left = {True: upload_bytes, False: field_bytes}
        self._around = AROUND_BYTES
        self._ended = False
        self._fields: dict[str, list[str]] = {}
        self._files: dict[str, Spooled] = {}
        self._parts = 0
        self._headers: dict[bytes, bytes] = {}
        self._header = [b"", b""]
        self._name = self._filename = ""
        self._is_file = False
        self._value = bytearray()
        self._pending: list[tuple[BinaryIO, bytes]] = []
        self._pending_bytes = 0
        self._parser = self._made_parser(content_type)

    def _made_parser(self, content_type: str) -> MultipartParser:
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise HTTPException(400, "the form is broken; go back and try again")
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, start, end: self._add_header(0, data[start:end]),
                    "on_header_value": lambda data, start, end: self._add_header(1, data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open,
                    "on_part_data": lambda data, start, end: self._add(data[start:end]),
                    "on_part_end": self._end,
                    "on_end": self._end_form,
                },
            )
        except MultipartParseError:
            raise HTTPException(400, "the form is broken; go back and try again") from None

    async def read(self, request: Request) -> tuple[dict[str, list[str]], dict[str, Spooled]]:
        """The values of each field, and the files. Raises `HTTPException` 400 or 413, and then leaves no file."""
        try:
            async for chunk in request.stream():
                self._take(chunk)
                if self._pending_bytes >= WRITE_BYTES:
                    await self._write()
            if not self._ended:
                raise MultipartParseError("it ends in the middle")
            await self._write()
        except BaseException as error:
            self._close()
            if isinstance(error, MultipartParseError):
                raise HTTPException(400, "the form is broken; go back and try again") from None
            raise
        for _, file, _ in self._files.values():
            file.seek(0)
        return self._fields, self._files

    def _take(self, chunk: bytes) -> None:
        """Read a piece. What stands around the content of the parts is bounded too; after the end nothing is read."""
        left = sum(self._left.values())
        if not self._ended:
            self._parser.write(chunk)
        self._around -= len(chunk) - (left - sum(self._left.values()))
        if self._around < 0:
            raise HTTPException(413, "the form is too large")

    async def _write(self) -> None:
        pending, self._pending, self._pending_bytes = self._pending, [], 0
        await self._services.threads.uploads.run(_write_all, pending)

    def _close(self) -> None:
        for _, file, _ in self._files.values():
            file.close()

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise HTTPException(413, "the form has too many fields")
        self._headers, self._header, self._value = {}, [b"", b""], bytearray()

    def _add_header(self, place: int, piece: bytes) -> None:
        self._header[place] += piece

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = [b"", b""]

    def _open(self) -> None:
        options = parse_options_header(self._headers.get(b"content-disposition", b""))[1]
        self._name = options.get(b"name", b"").decode("utf-8", "replace")[:NAME_CHARS]
        self._is_file = b"filename" in options
        self._filename = options.get(b"filename", b"").decode("utf-8", "replace")[:NAME_CHARS]
        if self._is_file and self._filename:
            self._open_file()

    def _open_file(self) -> None:
        if not self._left[True]:
            raise HTTPException(413, "this form takes no further file")
        if self._name in self._files or len(self._files) >= MOST_FILES:
            raise HTTPException(400, "choose one file for each field")
        self._files[self._name] = (self._filename, unnamed_file(self._services.settings.data), 0)

    def _add(self, piece: bytes) -> None:
        self._left[self._is_file] -= len(piece)
        if self._left[self._is_file] < 0:
            raise HTTPException(413, _too_large(self._is_file, self._services))
        if not self._is_file:
            self._value += piece
        elif self._filename:
            name, file, size = self._files[self._name]
            self._files[self._name] = (name, file, size + len(piece))
            self._pending.append((file, piece))
            self._pending_bytes += len(piece)

    def _end(self) -> None:
        if not self._is_file:
            value = self._value.decode("utf-8", "replace")
            self._fields.setdefault(self._name, []).append(value)

    def _end_form(self) -> None:
        self._ended = True


def _write_all(pending: list[tuple[BinaryIO, bytes]]) -> None:
    with disk_errors():
        for file, piece in pending:
            file.write(piece)


def _too_large(is_file: bool, services: Services) -> str:
    if not is_file:
        return "the form is too large"
    most = services.settings.upload_bytes
    return f"the file has more than {most:,} bytes; MAILPIXEL_UPLOAD_BYTES sets how many are allowed"
