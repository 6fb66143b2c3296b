"""What every page must be, in every size and colour scheme."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Dialog, Error, Page, Request

AXE = (Path(__file__).parents[1] / "data" / "axe" / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = "axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations))"
GLUED = """[...document.querySelectorAll('main *:not(svg *)')].filter(each => {
  const before = each.previousSibling;
  const inline = node => node.nodeType === 3 || getComputedStyle(node).display === 'inline';
  return before && inline(before) && inline(each) && /[\\p{L}\\d]$/u.test(before.textContent)
    && /^[\\p{L}\\d]/u.test(each.textContent);
}).map(each => each.previousSibling.textContent.trim() + '|' + each.textContent.trim())"""
"""Words that the page shows without a space between them."""
WIDER = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@dataclass(frozen=True)
class View:
    """A window: its width and its colours."""

    width: int
    scheme: str

    def options(self) -> Mapping[str, Any]:
        """The options of a browser context."""
        return {"viewport": {"width": self.width, "height": 900}, "color_scheme": self.scheme}

    def take(self, page: Page) -> None:
        """Give this view to a page."""
        page.set_viewport_size({"width": self.width, "height": 900})
        page.emulate_media(media="screen", color_scheme="dark" if self.scheme == "dark" else "light")

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


PLAIN = View(1440, "light")
VIEWS = [View(width, scheme) for width in (360, 768, 1440) for scheme in ("light", "dark")]
every_view = pytest.mark.parametrize("view", VIEWS, ids=str)


@dataclass
class Watch:
    """What pages say on the console, and what they request from elsewhere."""

    said: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def over(self, page: Page) -> Page:
        """Watch this page from now on."""
        page.on("console", self._hear)
        page.on("pageerror", self._err)
        page.on("dialog", self._dialog)
        page.on("request", self._see)
        return page

    def leave(self, page: Page) -> None:
        """Watch this page no more."""
        page.remove_listener("console", self._hear)
        page.remove_listener("pageerror", self._err)
        page.remove_listener("dialog", self._dialog)
        page.remove_listener("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(f"{message.type}: {message.text}")

    def _err(self, error: Error) -> None:
        self.said.append(str(error))

    def _dialog(self, dialog: Dialog) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _see(self, request: Request) -> None:
        asked = urlsplit(request.url)
        self.asked.append(request.url)
        page_url = request.frame.page.url
        here = urlsplit(page_url)
        is_navigation = request.is_navigation_request() and page_url == "about:blank"
        if (
            asked.scheme not in ("data", "about", "blob")
            and not is_navigation
            and asked.netloc != here.netloc
        ):
            self.elsewhere.append(request.url)


@dataclass(frozen=True)
class Check:
    """Asserts that a page is sound; keeps a picture of it where a folder is named."""

    watch: Watch
    shots: Path | None = None

    def __call__(self, page: Page, name: str = "page") -> None:
        """Look at the page as it stands now."""
        if self.shots:
            self.shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=self.shots / f"{name}.png", full_page=True)
        wide, window = isolated(page, WIDER)
        found = {
            "axe": violations(page),
            "console": self.watch.said,
            "elsewhere": self.watch.elsewhere,
            "glued": isolated(page, GLUED),
            "wider than the window": wide - window if wide > window else 0,
        }
        assert found == {"axe": [], "console": [], "elsewhere": [], "glued": [], "wider than the window": 0}

    def in_every_view(self, page: Page, name: str = "page") -> None:
        """Look at the page in all sizes and colours, without loading it again. It is plain in the end."""
        for view in VIEWS:
            view.take(page)
            self(page, f"{name}-{view}")
        PLAIN.take(page)


def violations(page: Page) -> list[str]:
    """What axe finds: rule, places, and why."""
    if isolated(page, "typeof axe") == "undefined":  # once a page: reading it takes a third of a look
        isolated(page, f"{AXE};1")
    found = json.loads(isolated(page, RUN_AXE))
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"]
    ]


def isolated(page: Page, script: str) -> Any:
    """The value of a script in a world of its own: the policy of the page stays in force, and nothing of it changes.

    The world is the same until another page is loaded.
    """
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "checks"})[
        "executionContextId"
    ]
    answer = session.send(
        "Runtime.evaluate",
        {"expression": script, "contextId": world, "awaitPromise": True, "returnByValue": True},
    )
    session.detach()
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"]["value"]
