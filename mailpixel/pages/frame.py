"""What every page shows around its content: who is signed in, where one can go, what just happened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup, escape

CSRF_FIELD = "csrf"
"""The hidden field of every form."""


class Place(NamedTuple):
    """A place that one can go to. `path` may hold `{id}`, the campaign or site. `scope` is what it takes."""

    path: str
    words: str
    scope: str = "read"


class Tab(NamedTuple):
    """A link of a navigation; `current` where the page is this place or one below it."""

    url: str
    words: str
    current: bool


MAIN: tuple[Place, ...] = (
    Place("/campaigns", "Campaigns"),
    Place("/compare", "Compare"),
    Place("/sites", "Sites"),
    Place("/people", "People", "privacy"),
    Place("/settings", "Settings", "record"),
)
CAMPAIGN: tuple[Place, ...] = (
    Place("/campaigns/{id}", "Overview"),
    Place("/campaigns/{id}/map", "Click map"),
    Place("/campaigns/{id}/recipients", "Recipients"),
    Place("/campaigns/{id}/links", "Links"),
    Place("/campaigns/{id}/download", "Download"),
    Place("/campaigns/{id}/template", "Template", "write"),
    Place("/campaigns/{id}/tokens", "Sign links", "write"),
    Place("/campaigns/{id}/ready", "Before sending"),
    Place("/campaigns/{id}/edit", "Edit", "write"),
)
SITE: tuple[Place, ...] = (
    Place("/sites/{id}", "Overview"),
    Place("/sites/{id}/visits", "Visits"),
    Place("/sites/{id}/funnel", "Funnel"),
    Place("/sites/{id}/lint", "Quality"),
    Place("/sites/{id}/console", "Console"),
    Place("/sites/{id}/install", "Install"),
    Place("/sites/{id}/edit", "Edit", "write"),
)
SETTINGS: tuple[Place, ...] = (
    Place("/settings/webhooks", "Webhooks", "write"),
    Place("/settings/inbound", "Inbound reports", "write"),
    Place("/settings/shares", "Shares", "write"),
    Place("/settings/keys", "Keys", "write"),
    Place("/settings/privacy", "Privacy", "record"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page shows around its content.

    `name` is who is signed in, empty for nobody; `scopes` what this person may do. `route` is the page's own row in
    the table of pages (`/campaigns/{id}/map`), and `routes` are all of them: only what exists is linked.
    `csrf` is the value of the hidden field. `notices` say what just happened.
    """

    name: str = ""
    scopes: frozenset[str] = frozenset()
    csrf: str = field(default="", repr=False)
    route: str = ""
    routes: frozenset[str] = frozenset()
    notices: Sequence[str] = ()
    live: str = ""

    @property
    def csrf_field(self) -> Markup:
        """The hidden field that every form includes."""
        return Markup(f'<input type="hidden" name="{CSRF_FIELD}" value="{escape(self.csrf)}">')  # noqa: S704

    def may(self, scope: str) -> bool:
        """Whether the person may do what takes this scope."""
        return scope in self.scopes

    @property
    def main(self) -> list[Tab]:
        """The navigation at the top."""
        return self._tabs(MAIN, "", nested=True)

    def campaign(self, id: str) -> list[Tab]:
        """The tabs of a campaign."""
        return self._tabs(CAMPAIGN, id)

    def site(self, id: str) -> list[Tab]:
        """The tabs of a site."""
        return self._tabs(SITE, id)

    @property
    def settings(self) -> list[Tab]:
        """The tabs of the settings."""
        return self._tabs(SETTINGS, "", nested=True)

    def _tabs(self, places: Sequence[Place], id: str, nested: bool = False) -> list[Tab]:
        here = [place for place in places if place.path in self.routes and self.may(place.scope)]
        campaign = quote(id, safe="")
        return [
            Tab(place.path.format(id=campaign), place.words, self._is_at(place.path, nested))
            for place in here
        ]

    def _is_at(self, path: str, nested: bool) -> bool:
        below = nested or path.count("/") > 2
        return self.route == path or (below and self.route.startswith(f"{path}/"))
