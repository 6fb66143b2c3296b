"""Pages of web sites: the list, the form for a new one, and the form of one."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta
from starlette.responses import Response

from mailpixel.errors import Conflict, InvalidInput
from mailpixel.links.surfaces import SITE
from mailpixel.pages.addresses import site_url, with_query
from mailpixel.reading.shapes import Shape
from mailpixel.server.api.query import CURSOR_CHARS, from_cursor, to_cursor
from mailpixel.server.web.forms import Form
from mailpixel.server.web.page import PageCall
from mailpixel.site_model import Site
from mailpixel.sites import SiteChange, add_site

MOST_SHOWN = 50
Values = Mapping[str, str]
NOTHING: Values = {
    "id": "",
    "hosts": "",
    "ask": "yes",
    "names": "",
    "keep": "",
    "plan": "",
    "cookie_domain": "",
}


class SiteListOptions(Shape, frozen=True):
    """Which sites are listed."""

    archived: bool = False
    after: Annotated[str, Meta(max_length=CURSOR_CHARS)] = ""


def show_sites(call: PageCall) -> Response:
    """The list of sites, a page at a time. Raises `InvalidInput` for the cursor."""
    asked: SiteListOptions = call.query
    after = from_cursor(asked.after, "after")
    found = call.services.registry.sites(after, MOST_SHOWN + 1, asked.archived)
    here = {"archived": "true" if asked.archived else ""}
    following = to_cursor(found[MOST_SHOWN - 1].id) if len(found) > MOST_SHOWN else ""
    return call.page(
        "sites.html",
        title="Sites",
        sites=[{"site": site, "url": site_url(site.id)} for site in found[:MOST_SHOWN]],
        before=with_query("/sites", **here) if after else "",
        after=with_query("/sites", **here, after=following) if following else "",
        archived=asked.archived,
    )


def show_new(call: PageCall) -> Response:
    """The form for a new site."""
    return _new_page(call, NOTHING, {})


def add(call: PageCall) -> Response:
    """Register a site, then go on to it."""
    values = _values(call.form)
    try:
        site = add_site(call.services.registry, values["id"].strip(), _asked(values))
    except InvalidInput as error:
        return _new_page(call, values, {error.field: error.problem})
    except Conflict as error:
        return _new_page(call, values, {"id": str(error)})
    return call.redirect(site_url(site.id, "edit"), f"The site {site.id} is registered.")


def show(call: PageCall) -> Response:
    """The form of a site."""
    site = call.services.registry.site(call.path["id"])
    return _page(call, site, _values_of(site), {})


def change(call: PageCall) -> Response:
    """Change a site."""
    site, values = call.services.registry.site(call.path["id"]), _values(call.form)
    try:
        call.services.registry.edit_site(site.id, _asked(values).of)
    except InvalidInput as error:
        return _page(call, site, values, {error.field: error.problem})
    return call.redirect(site_url(site.id, "edit"), "Saved. The service uses the change within two seconds.")


def archive(call: PageCall) -> Response:
    """Hide a site from lists and log no more of its events, or take it back."""
    hide = call.form.get("archived") == "true"
    site = call.services.registry.edit_site(call.path["id"], SiteChange(archived=hide).of)
    text = (
        "Archived: hidden from lists. No more events are logged." if hide else "The site is in lists again."
    )
    return call.redirect(site_url(site.id, "edit"), text)


def _new_page(call: PageCall, values: Values, errors: Mapping[str, str]) -> Response:
    return call.page("site_new.html", title="New site", values=values, errors=errors)


def _page(call: PageCall, site: Site, values: Values, errors: Mapping[str, str]) -> Response:
    base = call.services.settings.base_url.rstrip("/")
    return call.page(
        "site_edit.html",
        title=f"Site {site.id}",
        site=site,
        url=site_url(site.id),
        address=f"{base}{SITE.prefix}{site.key}",
        values=values,
        errors=errors,
    )


def _values(form: Form) -> Values:
    """What was entered, as it is shown again."""
    return {name: form.get(name) for name in NOTHING}


def _values_of(site: Site) -> Values:
    """What a site is, as a form shows it."""
    return {
        "id": site.id,
        "hosts": "\n".join(site.hosts),
        "ask": "yes" if site.ask else "",
        "names": " ".join(site.names),
        "keep": " ".join(site.keep),
        "plan": "\n".join(f"{each.name}: {' '.join(each.required)}".rstrip() for each in site.plan),
        "cookie_domain": site.cookie_domain,
    }


def _asked(values: Values) -> SiteChange:
    """The entries as values. Raises `InvalidInput`."""
    return SiteChange(
        hosts=_words(values["hosts"]),
        ask=values["ask"] == "yes",
        names=_words(values["names"]),
        keep=_words(values["keep"]),
        plan=_plan(values["plan"]),
        cookie_domain=values["cookie_domain"].strip(),
    )


def _plan(text: str) -> dict[str, Any]:
    """Required fields by name, from lines like `wish: title price`. Raises `InvalidInput`."""
    plan: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, fields = line.partition(":")
        if name.strip() in plan:
            raise InvalidInput("plan", f"names {name.strip()} twice; write it once")
        plan[name.strip()] = _words(fields)
    return plan


def _words(text: str) -> list[str]:
    return re.findall(r"[^\s,]+", text)
