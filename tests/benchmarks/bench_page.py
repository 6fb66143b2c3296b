"""The script of web pages beside those of Umami, Plausible and GoatCounter: bytes, requests, time of the main thread.

Theirs are fetched now and never kept here: Plausible's from the npm registry, the others' sources from GitHub, or from
the folder that the variable PAGE_SCRIPTS names (umami.js, goatcounter.js) where GitHub cannot be reached. All are
minified by the esbuild of our own script. Each is loaded cold in Chromium; the time is that of its evaluation, its
compilation and its calls, as Chromium traces them, the median of the loads.
"""

import gzip
import json
import os
import statistics
import subprocess
import threading
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from playwright.sync_api import Browser, sync_playwright

import mailpixel.site.script
from mailpixel.site.script import script_of
from mailpixel.site_model import Site
from tests.benchmarks.table import print_rows
from tests.support.chromium import FLAGS, chromium

LOADS = 15
SCRIPT = "/script.js"
COUNTED = frozenset({"EvaluateScript", "v8.compile", "FunctionCall", "v8.run", "RunMicrotasks"})
PLAUSIBLE = "@plausible-analytics/tracker@0.4.6"
SOURCES = {
    "umami": "https://raw.githubusercontent.com/umami-software/umami/master/src/tracker/index.js",
    "goatcounter": "https://raw.githubusercontent.com/arp242/goatcounter/main/public/count.js",
}
ESBUILD = Path(mailpixel.site.script.__file__).parent / "node_modules" / ".bin" / "esbuild"


class Tracker(NamedTuple):
    """A script, and the attributes of the element that loads it."""

    name: str
    script: bytes
    attributes: str = ""


class Pages:
    """A page with one script; everything else that is asked for is counted and answered by 204."""

    def __init__(self) -> None:
        self.tracker = Tracker("none", b"")
        self.asked = 0
        pages = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *values: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                known = {
                    "/": (pages.page(), "text/html"),
                    SCRIPT: (pages.tracker.script, "text/javascript"),
                }
                found = known.get(self.path)
                if found is None:
                    self.do_POST()
                    return
                self.send_response(200)
                self.send_header("content-type", found[1])
                self.send_header("content-length", str(len(found[0])))
                self.end_headers()
                self.wfile.write(found[0])

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                pages.asked += 1
                self.send_response(204)
                self.end_headers()

            do_OPTIONS = do_POST

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def page(self) -> bytes:
        element = f'<script async src="{SCRIPT}" {self.tracker.attributes}></script>'
        return f'<!doctype html><link rel="icon" href="data:,">{element}<h1>A page</h1>'.encode()


def minified(folder: Path, source: str, *options: str) -> bytes:
    """A script as it would be served."""
    entry = folder / "entry.js"
    entry.write_text(source)
    command = [str(ESBUILD), str(entry), "--minify", "--target=es2020", "--log-level=error", *options]
    return subprocess.run(command, capture_output=True, check=True, cwd=folder).stdout


def source_of(name: str) -> str:
    """The source of a script, from PAGE_SCRIPTS or from GitHub."""
    folder = os.environ.get("PAGE_SCRIPTS")
    if folder:
        return (Path(folder) / f"{name}.js").read_text()
    with urllib.request.urlopen(SOURCES[name], timeout=30) as answer:
        return str(answer.read().decode())


def trackers(url: str, folder: Path) -> list[Tracker]:
    """The scripts that are compared, ours first."""
    site = Site("shop", "0123456789abcdef", ("127.0.0.1",), ask=False)
    umami = (
        source_of("umami").replace("__COLLECT_API_HOST__", "").replace("__COLLECT_API_ENDPOINT__", "/send")
    )
    subprocess.run(["npm", "init", "--yes"], cwd=folder, capture_output=True, check=True)
    subprocess.run(["npm", "install", "--silent", PLAUSIBLE], cwd=folder, check=True)
    plausible = (
        f'import {{ init }} from "@plausible-analytics/tracker";'
        f'init({{ domain: "shop.example", endpoint: "{url}/event", captureOnLocalhost: true }});'
    )
    settings = json.dumps({"allow_local": True})
    return [
        Tracker("mailpixel", script_of(site, url)),
        Tracker("Umami", minified(folder, umami), f'data-website-id="x" data-host-url="{url}"'),
        Tracker("Plausible", minified(folder, plausible, "--bundle", "--format=iife")),
        Tracker(
            "GoatCounter",
            minified(folder, source_of("goatcounter")),
            f"data-goatcounter=\"{url}/count\" data-goatcounter-settings='{settings}'",
        ),
    ]


def load_ms(browser: Browser, url: str) -> float:
    """Milliseconds of the main thread that the script takes in one cold load."""
    context = browser.new_context()
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})")
    page = context.new_page()
    browser.start_tracing(page=page, categories=["devtools.timeline", "v8", "disabled-by-default-v8.compile"])
    page.goto(url, wait_until="load")
    page.wait_for_timeout(300)  # what the script does after the load belongs to it
    traced: Mapping[str, Any] = json.loads(browser.stop_tracing())
    context.close()
    spans = sorted(
        (each["ts"], each["ts"] + each["dur"]) for each in traced["traceEvents"] if of_script(each)
    )
    total = end = 0
    for begin, until in spans:  # spans inside of others count once
        total += max(0, until - max(begin, end))
        end = max(end, until)
    return total / 1_000


def of_script(event: Mapping[str, Any]) -> bool:
    """Whether an event of the trace is work of the script."""
    data = event.get("args", {}).get("data") or {}
    return event.get("name") in COUNTED and "dur" in event and str(data.get("url", "")).endswith(SCRIPT)


def row(browser: Browser, pages: Pages, tracker: Tracker) -> tuple[object, ...]:
    """What one script costs."""
    pages.tracker, pages.asked = tracker, 0
    times = [load_ms(browser, pages.url + "/") for _ in range(LOADS)]
    gzipped = len(gzip.compress(tracker.script, 9))
    requests = f"{pages.asked / LOADS:.1f}"
    return tracker.name, len(tracker.script), gzipped, requests, f"{statistics.median(times):.1f}"


def main() -> None:
    """Print the table."""
    pages = Pages()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        compared = trackers(pages.url, Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        rows = [row(browser, pages, each) for each in compared]
        browser.close()
    columns = ("script", "bytes", "gzip -9", "requests a page view", "main thread ms")
    print_rows(f"The script of a page, cold, median of {LOADS} loads", columns, rows)


if __name__ == "__main__":
    main()
