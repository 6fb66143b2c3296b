"""The browser of the browser tests: Chromium as the system has it, without the traffic that it makes by itself."""

import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REMEDY = "the browser tests need Chromium; install it: apt-get install chromium (Debian), or name it chromium on PATH"


def chromium() -> str:
    """The path of Chromium. Raises `RuntimeError` with the remedy, so that no test is left out silently."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise RuntimeError(REMEDY)
