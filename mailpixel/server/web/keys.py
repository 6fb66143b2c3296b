"""The page of API keys."""

from collections.abc import Mapping

from starlette.responses import Response

from mailpixel.errors import Conflict, InvalidInput
from mailpixel.server.auth import GRANTS
from mailpixel.server.web.page import PageCall
from mailpixel.store.keys import new_api_key

PATH = "/settings/keys"
NAME_CHARS = 100
NOTHING: Mapping[str, str] = {"name": "", "scope": "read"}


def show_keys(call: PageCall) -> Response:
    """All keys, and the form for a new one."""
    return _page(call, NOTHING)


def add_key(call: PageCall) -> Response:
    """Add a key and show it, this once."""
    values = {"name": call.form.get("name").strip(), "scope": call.form.get("scope")}
    try:
        key, text = new_api_key(_name(values["name"]), _scope(values["scope"]), call.now)
        call.services.registry.add_key(key)
    except InvalidInput as error:
        return _page(call, values, errors={error.field: error.problem})
    except Conflict as error:
        return _page(call, values, errors={"name": str(error)})
    return _page(call, NOTHING, shown={"name": key.name, "text": text})


def revoke_key(call: PageCall) -> Response:
    """Revoke a key."""
    name = call.form["name"]
    call.services.registry.revoke_key(name, call.now)
    return call.redirect(PATH, f"The key {name} is revoked. Its sessions end within two seconds.")


def _page(
    call: PageCall,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    shown: Mapping[str, str] | None = None,
) -> Response:
    keys = sorted(call.services.registry.keys(), key=lambda key: key.revoked_at is not None)
    return call.page(
        "keys.html", title="Settings", keys=keys, values=values, errors=errors or {}, shown=shown
    )


def _name(text: str) -> str:
    if not text or len(text) > NAME_CHARS or not text.isprintable():
        raise InvalidInput("name", f"must have 1 to {NAME_CHARS} printable characters")
    return text


def _scope(text: str) -> str:
    if text not in GRANTS:
        raise InvalidInput("scope", f"must be one of {', '.join(GRANTS)}")
    return text
