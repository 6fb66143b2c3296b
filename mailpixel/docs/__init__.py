"""The manual: one page a reader, in Markdown, beside this file. `NAMES` is its table of contents.

A page begins with its title (`# Title`), and its first paragraph says in one line what it is for.

rendering   pages as HTML, for the service
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

NAMES = (
    "start",
    "managers",
    "templates",
    "sending",
    "lists",
    "reports",
    "counting",
    "inbound",
    "shops",
    "install",
    "glossary",
    "judging",
    "rules",
    "webhooks",
    "privacy",
    "deployment",
    "operating",
    "upgrade",
    "settings",
    "metrics",
    "cli",
    "api",
    "design",
    "measured",
    "changes",
)
"""The pages, in the order of reading."""
_MARK = re.compile(r"^<!-- /?\w+ -->\n", re.MULTILINE)
"""Where a part begins or ends that is made from the code; no reader needs to see it."""

PICTURE_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
"""The colour schemes of each picture: NAME-light.png and NAME-dark.png."""


@dataclass(frozen=True, slots=True)
class ManualPage:
    """A page of the manual: its name, as in `mailpixel docs NAME`, and its Markdown."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """What its first line says."""
        return self.text.partition("\n")[0].removeprefix("# ")

    @property
    def purpose(self) -> str:
        """What it is for and for whom, in one line."""
        return self.text.split("\n\n", 2)[1].replace("\n", " ")


@cache
def pages() -> dict[str, ManualPage]:
    """Every page by its name, in the order of reading; read once from the package."""
    folder = files(__name__)
    texts = {name: (folder / f"{name}.md").read_text(encoding="utf-8") for name in NAMES}
    return {name: ManualPage(name, _MARK.sub("", text)) for name, text in texts.items()}


@cache
def pictures() -> dict[str, bytes]:
    """Every picture, a PNG, by its file name."""
    folder = files(__name__)
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.name.endswith(".png")}
