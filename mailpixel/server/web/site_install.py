"""The page that helps to install a site: what to paste where, and what of it has arrived."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mailpixel.errors import InvalidInput
from mailpixel.folder.consoles import Consoles
from mailpixel.pages.addresses import site_url
from mailpixel.report.site_console import SeenEnvelopeRow
from mailpixel.server.web.page import PageCall
from mailpixel.server.web.site_console import envelopes_seen, problems_of
from mailpixel.site.snippets import SNIPPETS, Snippet, snippet
from mailpixel.site_model import Site

UNDERSTOOD = frozenset({"logged", "nothing", "no_consent", "withdrawn"})
"""Outcomes of requests that were looked at: what is wrong with one of those stands in its problems."""
MOST_SHOWN = 20
"""How many of the last requests are listed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A snippet as it is shown: its text, or why there is none."""

    kind: Snippet
    text: str
    refused: str = ""


def show_install(call: PageCall) -> Awaitable[Response]:
    """The snippets of a site and its last requests, of all web processes. Raises `NotFound`."""
    site, settings = call.services.registry.site(call.path["id"]), call.services.settings
    snippets = _shown(site, settings.base_url)

    async def page() -> Response:
        seen = await envelopes_seen(Consoles(settings.data, site.id))
        return call.page(
            "site_install.html",
            title=f"Install {site.id}",
            live=f"/api/sites/{quote(site.id, safe='')}/console?",
            site=site,
            url=site_url(site.id),
            snippets=snippets,
            **_live_test(seen),
        )

    return page()


def _shown(site: Site, base_url: str) -> list[Shown]:
    shown = []
    for kind in SNIPPETS.values():
        try:
            shown.append(Shown(kind, snippet(site, base_url, kind.name)))
        except InvalidInput as refused:
            shown.append(Shown(kind, "", refused.problem))
    return shown


def _live_test(seen: Sequence[SeenEnvelopeRow]) -> Mapping[str, Any]:
    """What the live test says: the last requests, how many were logged, and every problem that any of them had.

    The outcome of a request of which nothing was looked at is a problem, too.
    """
    problems = dict.fromkeys(problem for row in seen for problem in problems_of(row))
    problems |= dict.fromkeys(row.outcome for row in seen if row.outcome not in UNDERSTOOD)
    return {
        "seen": [
            {"row": row, "problems": list(dict.fromkeys(problems_of(row)))} for row in seen[:MOST_SHOWN]
        ],
        "requests": len(seen),
        "logged": sum(row.outcome == "logged" for row in seen),
        "problems": sorted(problems),
    }
