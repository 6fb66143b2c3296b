"""Pictures of the overview for README and manual, light and dark, from the demonstration. See `scripts/picture`.

python -m tests.support.picture [FOLDER]
"""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from mailpixel.docs import PICTURE_SCHEMES
from tests.support.chromium import FLAGS, chromium
from tests.support.manual import PAGES
from tests.support.service import Service, rows

SIZE: ViewportSize = {"width": 1200, "height": 940}
PAGE = "/campaigns/demo-spring"
MOST_BYTES = 200_000


def taken(browser: Browser, service: Service, scheme: Literal["light", "dark"]) -> bytes:
    """The top of the overview, as a person sees it who signed in by a link."""
    context = browser.new_context(base_url=service.url, color_scheme=scheme, viewport=SIZE)
    page = context.new_page()
    url = rows(service.data, "sign-in", "Ada", "--scope", "read").strip()
    page.goto(f"{service.url}{url[url.index('/sign-in/') :]}?next={PAGE}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{PAGE}")
    shot = page.screenshot()
    context.close()
    return shot


def main(folder: Path) -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        rows(Path(data) / "data", "demo")
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        with Service(Path(data) / "data") as service:
            for scheme in PICTURE_SCHEMES:
                shot = taken(browser, service, scheme)
                assert len(shot) < MOST_BYTES, f"{len(shot):,} bytes are too many for a README"
                (folder / f"overview-{scheme}.png").write_bytes(shot)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGES)
