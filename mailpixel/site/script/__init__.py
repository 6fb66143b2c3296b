"""The script of web pages, with the settings of one site in it.

`mailpixel.js` is the source and `mailpixel.min.js` what is served, built from it by the esbuild that `package.json`
names: `npm ci && npm run build` in this folder.
"""

import json
from functools import cache
from importlib.resources import files

from mailpixel.site_model import Site

PREFIX = "/p/"
"""Where the service takes what pages send, before the key of their site."""
PLACE = b"__SITE__"
"""Where the settings of a site stand in the built file."""
_ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&'\u2028\u2029"})
"""What could end a script or a line of it. The text is ASCII otherwise, as `json` writes it."""


def script_of(site: Site, address: str) -> bytes:
    """The script of a site, UTF-8. It sends to `address`, the public base URL of the service.

    It is a pure function of the site and the built file, so its hash is a good ETag. An archived site has one too.
    """
    return _built().replace(PLACE, js_value(settings_of(site, address)).encode(), 1)


def settings_of(site: Site, address: str) -> dict[str, object]:
    """What the script knows of its site: where it sends, whether it asks first, names, parameters and cookie domain."""
    return {
        "to": f"{address.rstrip('/')}{PREFIX}{site.key}",
        "ask": site.ask,
        "names": [*site.names, *(planned.name for planned in site.plan if planned.name not in site.names)],
        "keep": list(site.keep),
        "domain": site.cookie_domain,
    }


def js_value(value: object) -> str:
    """A JSON value as JavaScript, in ASCII, that ends no script element and no line whatever texts it holds."""
    return json.dumps(value, separators=(",", ":")).translate(_ESCAPES)


@cache
def _built() -> bytes:
    """The built file, without its final newline."""
    return (files(__name__) / "mailpixel.min.js").read_bytes().rstrip()
