"""The script of a site as an answer, with an ETag, so that a browser that has it is answered shortly."""

import hashlib
from functools import lru_cache

from mailpixel.server.replies import ANY_SITE, Reply
from mailpixel.server.request_reader import Headers
from mailpixel.site.script import script_of
from mailpixel.site_model import Site

CACHE = (b"cache-control", b"public, max-age=3600")


class SiteScripts:
    """The scripts of sites as they are now. `base_url` is the public address that they post to."""

    def __init__(self, base_url: str) -> None:
        self._made = lru_cache(maxsize=256)(lambda site: _made(site, base_url))

    def reply(self, site: Site, headers: Headers) -> Reply:
        """The answer to a request of the script: 200 with it, or 304 when the browser has it."""
        whole, known, etag = self._made(site)
        has = b",".join(value for name, value in headers if name == b"if-none-match")
        return known if etag in has or has == b"*" else whole


def _made(site: Site, base_url: str) -> tuple[Reply, Reply, bytes]:
    script = script_of(site, base_url)
    etag = b'"%b"' % hashlib.sha256(script).hexdigest()[:32].encode()
    known = (*ANY_SITE, CACHE, (b"etag", etag))
    kind = (b"content-type", b"text/javascript; charset=utf-8")
    whole = (kind, (b"content-length", str(len(script)).encode()), *known)
    return Reply(200, whole, script), Reply(304, known), etag
