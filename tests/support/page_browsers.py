"""Chromium and Firefox behind one small interface, for tests of what a page does in both.

Chromium is driven by Playwright. Playwright drives only a Firefox of its own making, so Debian's is asked directly, in
WebDriver BiDi, which it speaks on a web socket (w3.org/TR/webdriver-bidi, read 2026-11).
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from websockets.sync.client import connect

from tests.support.chromium import FLAGS, chromium

FIREFOX_REMEDY = "the browser tests need Firefox; install it: apt-get install firefox-esr (Debian)"
QUIET = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.disable_beforeunload": True,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
"""Preferences of a Firefox that makes no traffic by itself."""
GPC = {
    "privacy.globalprivacycontrol.enabled": True,
    "privacy.globalprivacycontrol.functionality.enabled": True,
}
"""Preferences that send Global Privacy Control."""


class Tab(Protocol):
    """A tab with one page after another in it. `run` evaluates JavaScript, waits for a promise and returns JSON."""

    def go(self, url: str) -> None: ...
    def run(self, script: str) -> Any: ...
    def back(self) -> None: ...
    def to_front(self) -> None: ...
    def close(self) -> None: ...


class PageBrowser(Protocol):
    """A running browser. `before` is JavaScript that runs in every page of a tab before any of its own."""

    name: str

    def tab(self, before: str = "") -> Tab: ...
    def close(self) -> None: ...


class ChromiumTab:
    def __init__(self, page: Page) -> None:
        self._page = page

    def go(self, url: str) -> None:
        self._page.goto(url, wait_until="load")

    def run(self, script: str) -> Any:
        return self._page.evaluate(script)

    def back(self) -> None:
        # A page from the cache loads nothing, which Playwright would wait for.
        with suppress(PlaywrightError):
            self._page.go_back(wait_until="commit", timeout=2_000)

    def to_front(self) -> None:
        self._page.bring_to_front()

    def close(self) -> None:
        self._page.close()


class Chromium:
    """Chromium with its cache of pages that one leaves, which Playwright turns off."""

    name = "chromium"
    UNWANTED = ("--disable-back-forward-cache",)

    def __init__(self) -> None:
        self._playwright = sync_playwright().start()
        self._browser: Browser = self._playwright.chromium.launch(
            executable_path=chromium(), args=FLAGS, ignore_default_args=list(self.UNWANTED)
        )
        self._context: BrowserContext = self._browser.new_context()

    def tab(self, before: str = "") -> ChromiumTab:
        page = self._context.new_page()
        if before:
            page.add_init_script(before)
        return ChromiumTab(page)

    def close(self) -> None:
        self._browser.close()
        self._playwright.stop()


@contextmanager
def unwatched_chromium(url: str) -> Iterator[None]:
    """A Chromium at this page that nothing drives: one that is driven by Playwright makes no page ahead."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [
            chromium(),
            "--headless",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            *FLAGS,
            url,
        ]
        process = subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class FirefoxTab:
    def __init__(self, firefox: "Firefox", context: str) -> None:
        self._firefox, self._context = firefox, context

    def go(self, url: str) -> None:
        self._firefox.ask("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def run(self, script: str) -> Any:
        expression = f"(async () => JSON.stringify([await ({script})]))()"
        answer = self._firefox.ask(
            "script.evaluate", expression=expression, target={"context": self._context}, awaitPromise=True
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])[0]

    def back(self) -> None:
        self._firefox.ask("browsingContext.traverseHistory", context=self._context, delta=-1)

    def to_front(self) -> None:
        self._firefox.ask("browsingContext.activate", context=self._context)

    def close(self) -> None:
        self._firefox.ask("browsingContext.close", context=self._context)


class Firefox:
    """Firefox without a window, in a profile of its own that is removed again."""

    name = "firefox"

    def __init__(self, preferences: Mapping[str, object] | None = None) -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="firefox-"))
        lines = (
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in {**QUIET, **(preferences or {})}.items()
        )
        (self._profile / "user.js").write_text("".join(lines))
        command = [
            firefox(), "--headless", "--no-remote", "--profile", str(self._profile), "--remote-debugging-port=0",
        ]  # fmt: skip
        self._said = (self._profile / "said").open("w+")
        self._process = subprocess.Popen(command, stdout=self._said, stderr=self._said)
        self._socket = connect(self._address() + "/session", max_size=None, proxy=None, legacy=True)
        self._asked = 0
        self.ask("session.new", capabilities={})

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command and return its result. Raises `RuntimeError` with what Firefox says of a failure."""
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") != self._asked:
                continue
            if answer["type"] == "error":
                raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
            return dict(answer["result"])

    def tab(self, before: str = "") -> FirefoxTab:
        context = self.ask("browsingContext.create", type="tab")["context"]
        if before:
            self.ask(
                "script.addPreloadScript", functionDeclaration=f"() => {{ {before} }}", contexts=[context]
            )
        return FirefoxTab(self, context)

    def close(self) -> None:
        self._process.kill()  # it has nothing to save
        self._process.wait()
        self._socket.close()
        self._said.close()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _address(self) -> str:
        """Where it listens, as it says when it has started."""
        while self._process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
            if found := re.search(
                r"WebDriver BiDi listening on (ws://\S+)", Path(self._said.name).read_text()
            ):
                return found[1]
        raise RuntimeError(f"firefox ended early: {Path(self._said.name).read_text()}")


def firefox() -> str:
    """The path of Firefox. Raises `RuntimeError` with the remedy, so that no test is left out silently."""
    for name in ("firefox-esr", "firefox"):
        if found := shutil.which(name):
            return found
    raise RuntimeError(FIREFOX_REMEDY)
