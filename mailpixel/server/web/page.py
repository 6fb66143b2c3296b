"""A page as a row of a table: its path, scope and handler, and how it runs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, compile_path

from mailpixel.bearer import new_secret
from mailpixel.model import Campaign
from mailpixel.pages import Frame, render
from mailpixel.pages.frame import CSRF_FIELD
from mailpixel.reading.shapes import Shape
from mailpixel.server.api.query import read_query
from mailpixel.server.auth import GRANTS
from mailpixel.server.services import Services
from mailpixel.server.session import PRE_COOKIE, cookie_of, scopes_of, session_of, set_pre_cookie
from mailpixel.server.threads import Lane
from mailpixel.server.web import notices
from mailpixel.server.web.csrf import is_ours, is_same_origin, token_of
from mailpixel.server.web.forms import Form, read_form, upload_place
from mailpixel.server.web.policy import HEADERS
from mailpixel.server.web_hosts import page_route
from mailpixel.store.sign_ins import Session

TOO_OLD = "The form was too old. Please try again."
SIGNED_OUT = "You are not signed in any more, so nothing was saved. Sign in, and try again."
NO_COOKIE = (
    "Your browser sends no cookie, and without one nobody can sign in. "
    "Allow cookies for this site, and open it at {}."
)


@dataclass(frozen=True, slots=True)
class PageCall:
    """One request as the handler of a page sees it: checked and read.

    `session` is None only on pages without a scope. `form` is empty but for a POST. `secret` is the cookie that forms
    are bound to. `routes` are the paths of all pages.
    """

    services: Services
    request: Request
    path: Mapping[str, str]
    query: Any
    session: Session | None
    form: Form
    secret: str
    route: str
    routes: frozenset[str]

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.services.now

    @property
    def name(self) -> str:
        """The name of who is signed in; empty for nobody."""
        return "" if self.session is None else self.session.name

    def campaign(self) -> Campaign:
        """The campaign of the path, with its links. Raises `NotFound`."""
        return self.services.registry.campaign(self.path["id"])

    def may(self, scope: str) -> bool:
        """Whether the person may do what takes this scope."""
        return scope in scopes_of(self.session)

    def frame(self) -> Frame:
        """What the page shows around its content."""
        return Frame(
            name=self.name,
            scopes=scopes_of(self.session),
            csrf=token_of(self.secret),
            route=self.route,
            routes=self.routes,
            notices=notices.found(self.request, self.secret),
        )

    def page(
        self, template: str, *, title: str, status: int = 200, live: str = "", **values: object
    ) -> Response:
        """The page of a template. `errors` are problems by the name of their field; `live` is a URL to listen to."""
        values = {"errors": {}, "title": title} | values
        response = HTMLResponse(render(template, replace(self.frame(), live=live), **values), status)
        notices.drop(self.request, response)
        self._bind(response)
        return response

    def _bind(self, response: Response) -> None:
        """Have the browser of somebody who is not signed in keep the cookie that forms and notices are bound to."""
        if self.session is None and cookie_of(self.request, PRE_COOKIE) != self.secret:
            set_pre_cookie(self.request, response, self.secret)

    def own_page(self, wanted: str) -> str:
        """The path and query of a page of ours that can be opened; empty for anything else, such as another site.

        Only a path that a row of the table matches counts, so no spelling that browsers read as a host gets through.
        """
        path, mark, query = wanted.partition("?")
        fits = any(compile_path(route)[0].fullmatch(path) for route in self.routes if route != "/")
        clean = path.isascii() and wanted.isprintable() and "\\" not in wanted and " " not in wanted
        return quote(path, safe="/%") + mark + quote(query, safe="=&%+") if fits and clean else ""

    def redirect(self, url: str, notice: str = "") -> Response:
        """Send the browser to another page of ours, which shows the notice once."""
        response = RedirectResponse(url, 303)
        if notice:
            notices.leave(self.request, response, notice, self.secret)
            self._bind(response)
        return response


Handler = Callable[[PageCall], Response | Awaitable[Response]]
"""It runs in a thread, so it may block briefly. For longer work it returns an awaitable, run on the event loop."""


@dataclass(frozen=True, slots=True)
class WebPage:
    """One method of one path. `scope` None: nobody needs to be signed in. `query` is the shape of its query string."""

    method: str
    path: str
    handler: Handler
    scope: str | None
    query: type[Shape] = Shape


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the rows of one path. `routes` are the paths of all pages that can be opened."""

    methods: Mapping[str, WebPage]
    routes: frozenset[str]

    async def answer(self, request: Request) -> Response:
        """Answer a request with the headers of every page; errors are raised."""
        page = self.methods["GET" if request.method == "HEAD" else request.method]
        response = await self._answer(page, request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    async def _answer(self, page: WebPage, request: Request) -> Response:
        session = await session_of(request)
        if session is not None:
            request.state.key_name = session.name  # for the access log
        if page.scope and session is None:
            return self._to_sign_in(page, request)
        if page.scope and page.scope not in scopes_of(session):
            enough = " or ".join(scope for scope, granted in GRANTS.items() if page.scope in granted)
            raise HTTPException(403, f"This page needs a sign-in with the scope {enough}.")
        query = read_query(request.query_params.multi_items(), page.query)
        call = replace(self._call(page, request, session), query=query)
        return await (_post(page, call) if page.method == "POST" else _run(page, call))

    def _call(self, page: WebPage, request: Request, session: Session | None) -> PageCall:
        return PageCall(
            services=request.state.services,
            request=request,
            path=request.path_params,
            query=None,
            session=session,
            form=Form(),
            secret=secret_of(request, session),
            route=page.path,
            routes=self.routes,
        )

    def _to_sign_in(self, page: WebPage, request: Request) -> Response:
        """To the sign-in page, and from there back to this page when it can be opened again."""
        if request.method not in ("GET", "HEAD"):
            return self._call(page, request, None).redirect("/", SIGNED_OUT)
        query = request.url.query
        wanted = request.url.path + (f"?{query}" if query else "")
        return RedirectResponse(f"/?next={quote(wanted, safe='')}", 303)


async def _post(page: WebPage, call: PageCall) -> Response:
    """Read the form, check where it comes from, and run the handler. The files live until it has its answer."""
    if not is_same_origin(call.request):
        return call.redirect("/")
    if not call.request.cookies:
        url = call.services.settings.base_url
        return call.page("sign_in.html", title="Sign in", next="", problem=NO_COOKIE.format(url))
    with upload_place(call.services, call.request):
        form = await read_form(call.request, allow_files=page.scope is not None)
        try:
            if not is_ours(call.request, call.secret, form.get(CSRF_FIELD)):
                return call.redirect("/", TOO_OLD)
            return await _run(page, replace(call, form=form))
        finally:
            form.close()


async def _run(page: WebPage, call: PageCall) -> Response:
    answer = await _lane(page, call.services).run(page.handler, call)
    return await answer if isinstance(answer, Awaitable) else answer


def _lane(page: WebPage, services: Services) -> Lane:
    return services.threads.page_reads if page.method == "GET" else services.threads.page_writes


def secret_of(request: Request, session: Session | None) -> str:
    """The cookie that forms are bound to: that of the session, else that of the browser, else a new one."""
    return cookie_of(request) if session else cookie_of(request, PRE_COOKIE) or new_secret()


def routes(pages: Sequence[WebPage]) -> list[Route]:
    """One route a path, which takes the methods of its rows."""
    by_path: dict[str, dict[str, WebPage]] = {}
    for page in pages:
        by_path.setdefault(page.path, {})[page.method] = page
    shown = frozenset(page.path for page in pages if page.method == "GET")
    return [
        page_route(path, Runner(methods, shown).answer, methods=list(methods))
        for path, methods in by_path.items()
    ]
