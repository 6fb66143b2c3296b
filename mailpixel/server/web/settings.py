"""`/settings` leads to the first page of the settings."""

from starlette.responses import Response

from mailpixel.server.web.page import PageCall


def first(call: PageCall) -> Response:
    """To the first page that there is."""
    return call.redirect(call.frame().settings[0].url)
