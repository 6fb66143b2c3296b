"""Signing in, with an API key or a link that works once, and signing out.

A wrong key leads back to the form by a redirect: a browser calls a page with a status of 400 or more an error.
"""

from collections.abc import Awaitable
from typing import Annotated
from urllib.parse import quote

from msgspec import Meta
from starlette.responses import Response

from mailpixel.bearer import digest_of, new_secret
from mailpixel.reading.shapes import Shape
from mailpixel.server.session import LASTS, cookie_of, drop_cookie, set_cookie
from mailpixel.server.web.page import PageCall
from mailpixel.store.keys import ApiKey
from mailpixel.store.sign_ins import Session

START = "/campaigns"
"""Where one lands after signing in."""
KEY_CHARS = 200
NEXT_CHARS = 2_000
WRONG_KEY = "This key is unknown or revoked."
WRONG_LINK = "This link was used, or it is too old."
TOO_MANY = "There were too many wrong keys. Wait a minute, or sign in with a link of `mailpixel sign-in`."


class SignInOptions(Shape, frozen=True):
    """The page to show after signing in."""

    next: Annotated[str, Meta(max_length=NEXT_CHARS, description="Path of a page of this site.")] = ""


def ask(call: PageCall) -> Response:
    """The form for the key; whoever is signed in goes to the campaigns."""
    if call.session is not None:
        return call.redirect(START)
    return call.page("sign_in.html", title="Sign in", next=call.query.next, problem="")


def by_key(call: PageCall) -> Response | Awaitable[Response]:
    """Sign in with the key in the form."""
    return _by_key(call)


async def _by_key(call: PageCall) -> Response:
    services = call.services
    if services.wrong_keys.are_too_many(call.request):
        services.metrics.sign_in("too_many")
        return call.redirect(_back(call), TOO_MANY)
    digest = digest_of(call.form.get("key").strip()[:KEY_CHARS])
    key = services.live.registry.key(digest, call.now)
    if key is None:
        await services.refreshing.fresh_look()
        key = services.live.registry.key(digest, call.now)
    if key is None:
        services.wrong_keys.note(call.request)
        services.metrics.sign_in("wrong_key")
        return call.redirect(_back(call), WRONG_KEY)
    return await services.threads.page_writes.run(_begin, call, key)


def _begin(call: PageCall, key: ApiKey) -> Response:
    secret = new_secret()
    session = Session(digest_of(secret), key.name, key.scope, key.digest, call.now + LASTS)
    call.services.registry.begin_session(session, call.now)
    call.services.metrics.sign_in("key")
    return _signed_in(call, secret, call.own_page(call.form.get("next")) or START)


def _signed_in(call: PageCall, secret: str, url: str) -> Response:
    """To the first page, with the cookie. A session that the browser had before ends."""
    if call.session is not None:
        call.services.registry.end_session(call.session.digest)
    response = call.redirect(url)
    set_cookie(call.request, response, secret)
    return response


def _back(call: PageCall) -> str:
    wanted = call.own_page(call.form.get("next"))
    return f"/?next={quote(wanted, safe='')}" if wanted else "/"


def ask_by_link(call: PageCall) -> Response:
    """A button. Mail scanners and browsers that load links ahead use up no link."""
    link = call.services.registry.sign_in_link(digest_of(call.path["link"]), call.now)
    title = "Sign in" if link else "This link does not work"
    return call.page("sign_in_link.html", title=title, link=link)


def by_link(call: PageCall) -> Response:
    """Use the link and sign in."""
    secret = new_secret()
    link = digest_of(call.path["link"])
    session = call.services.registry.use_sign_in_link(link, digest_of(secret), call.now + LASTS, call.now)
    call.services.metrics.sign_in("link" if session else "wrong_link")
    wanted = call.own_page(call.query.next) or START
    return _signed_in(call, secret, wanted) if session else call.redirect("/", WRONG_LINK)


def sign_out(call: PageCall) -> Response:
    """End the session, here and on the server."""
    if call.session is not None:
        call.services.registry.end_session(digest_of(cookie_of(call.request)))
    response = call.redirect("/")
    drop_cookie(call.request, response)
    return response
