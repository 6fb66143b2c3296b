"""The files that pages load. Their names change with their content, so that a browser may keep them for a year."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

MEDIA = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png"}
"""The media type, by the ending of a name."""
DIGEST_CHARS = 12


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is served: `{name}-{digest}.{ending}`, its content and its media type."""

    name: str
    content: bytes
    media: str


def named(name: str, content: bytes) -> StaticFile:
    """The file `name`, such as `pages.css`, as it is served."""
    stem, _, ending = name.rpartition(".")
    digest = sha256(content).hexdigest()[:DIGEST_CHARS]
    return StaticFile(f"{stem}-{digest}.{ending}", content, MEDIA[ending])


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Every file in the folder `static`, by its plain name."""
    folder = files("mailpixel.pages") / "static"
    return {
        each.name: named(each.name, each.read_bytes())
        for each in sorted(folder.iterdir(), key=lambda file: file.name)
        if each.name.rpartition(".")[2] in MEDIA
    }


def static_url(name: str) -> str:
    """The path of a file by its plain name, such as `/static/mailpixel-0123456789ab.css`. Raises KeyError."""
    return f"/static/{static_files()[name].name}"
