"""The page of sources of delivery reports."""

import secrets
from collections.abc import Mapping

from starlette.responses import Response

from mailpixel.errors import Conflict, InvalidInput, MissingExtra
from mailpixel.inbound.esps import ESPS, Access
from mailpixel.inbound.source import CHANCE_BYTES, NewSource, new_source, url_of
from mailpixel.server.web.page import PageCall

PATH = "/settings/inbound"
NOTHING: Mapping[str, str] = {"name": "", "esp": "postmark"}


def show_sources(call: PageCall) -> Response:
    """All sources, and the form for a new one."""
    return _page(call, NOTHING)


def add_source(call: PageCall) -> Response:
    """Add a source and show its URL, this once."""
    values = {"name": call.form.get("name").strip(), "esp": call.form.get("esp")}
    asked = NewSource(values["name"], values["esp"], call.form.get("secret"))
    services = call.services
    try:
        chance = secrets.token_bytes(CHANCE_BYTES)
        source, password = new_source(asked, services.live.keyring, chance, call.now)
        services.registry.add_inbound(source)
    except InvalidInput as error:
        return _page(call, values, {"secret" if error.field == "topic" else error.field: error.problem})
    except (Conflict, MissingExtra) as error:
        return _page(call, values, {"name": str(error)})
    esp = ESPS[source.esp]
    shown = {
        "name": source.name,
        "url": url_of(services.settings.base_url, source.name, esp.access, password),
        "key": password if esp.access is Access.BEARER else "",
        "setup": [step.replace("NAME", source.name) for step in esp.setup],
    }
    return _page(call, NOTHING, shown=shown)


def remove_source(call: PageCall) -> Response:
    """Remove a source."""
    name = call.form["name"]
    call.services.registry.remove_inbound(name)
    return call.redirect(PATH, f"The source {name} is removed. Its reports are refused from now on.")


def _page(
    call: PageCall,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    shown: Mapping[str, object] | None = None,
) -> Response:
    sources = call.services.registry.inbounds()
    return call.page(
        "inbound.html",
        title="Settings",
        sources=sources,
        posts=call.services.registry.inbound_posts(),
        esps=ESPS,
        values=values,
        errors=errors or {},
        shown=shown,
    )
