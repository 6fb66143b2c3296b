"""`/demo-shop/…`: the pages of the demonstration shop, for this machine alone and while the demonstration is there."""

from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailpixel.errors import NotFound
from mailpixel.links.surfaces import SITE
from mailpixel.server.metrics_access import is_local
from mailpixel.server.services import Services
from mailpixel.store.sites import SiteReader

ID = "demo-shop"
MEDIA = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
NAMES = frozenset(
    {"index.html", "product.html", "cart.html", "checkout.html", "thanks.html", "shop.js", "shop.css"}
)


async def page(request: Request) -> Response:
    """A file of the shop with the key of its site in it; 404 for others, and where the demonstration is not."""
    services: Services = request.state.services
    name = request.path_params.get("name") or "index.html"
    if name not in NAMES or not is_local(request):
        raise HTTPException(404)
    content = await services.threads.checks.run(_content, services.registry, name)
    if content is None:
        raise HTTPException(404)
    media = MEDIA[name[name.rindex(".") :]]
    return Response(content, media_type=media, headers={"cache-control": "max-age=0, must-revalidate"})


def _content(sites: SiteReader, name: str) -> bytes | None:
    try:
        site = sites.site(ID)
    except NotFound:
        return None
    if site.archived:
        return None
    content = (files("mailpixel.demonstration") / "shop" / name).read_bytes()
    return content.replace(f"{SITE.prefix}KEY.js".encode(), f"{SITE.prefix}{site.key}.js".encode())


ROUTES = [Route(f"/{ID}/", page), Route(f"/{ID}/{{name}}", page)]
