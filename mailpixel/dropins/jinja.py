"""A Jinja2 block that tracks the HTML mail inside it.

    environment = Environment(extensions=["mailpixel.dropins.jinja.Tracked"], autoescape=True)

    {% tracked campaign="spring-2026", recipient=customer.id %}
      <html> ... </html>
    {% endtracked %}

Left out, `campaign` and `recipient` are the variables of these names in the template's context. A third argument,
`pixel="none"` (or `"top"`, `"bottom"`), says where the pixel goes; `environment.mailpixel_pixel` says it for all tags
that have none. The data folder and the base URL are those of the `MAILPIXEL_*` variables, or what the sender sets:
`environment.mailpixel_campaigns = open_campaigns(settings)`. Mail that cannot be tracked comes out as it is, and the
log of `mailpixel.dropins` says why.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from jinja2 import Environment, Undefined, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from mailpixel.dropins.campaigns import Campaigns, open_campaigns, tracked_html
from mailpixel.rewriting import Rewriter

_ARGUMENTS = ("campaign", "recipient", "pixel")


class Tracked(Extension):
    """`{% tracked campaign=…, recipient=… %} … {% endtracked %}`, in synchronous and asynchronous environments.

    The environment gets the attributes `mailpixel_campaigns` and `mailpixel_pixel`, None until the sender sets them.
    """

    tags = {"tracked"}  # noqa: RUF012 - Jinja2 reads it from the class

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.extend(mailpixel_campaigns=None, mailpixel_pixel=None)

    def parse(self, parser: Parser) -> nodes.Node:
        """Read the tag, its arguments and what stands up to its end."""
        line = next(parser.stream).lineno
        given = self._arguments(parser)
        body = parser.parse_statements(("name:endtracked",), drop_needle=True)
        values = [
            given.get("campaign", nodes.Name("campaign", "load")),
            given.get("recipient", nodes.Name("recipient", "load")),
            given.get("pixel", nodes.Const(None)),
        ]
        call = self.call_method("_track", values)
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _arguments(self, parser: Parser) -> dict[str, nodes.Expr]:
        given: dict[str, nodes.Expr] = {}
        while parser.stream.current.type != "block_end":
            if given:
                parser.stream.expect("comma")
            name = parser.stream.expect("name")
            if name.value not in _ARGUMENTS or name.value in given:
                parser.fail("tracked takes campaign=…, recipient=… and pixel=…, each once", name.lineno)
            parser.stream.expect("assign")
            given[name.value] = parser.parse_expression()
        return given

    def _track(
        self, campaign: object, recipient: object, pixel: object, caller: Callable[[], Any]
    ) -> str | Awaitable[str]:
        """The body, tracked; it is awaited in an asynchronous environment."""
        environment: Any = self.environment
        place = environment.mailpixel_pixel if pixel is None else pixel
        asked = (_text(campaign), _text(recipient))
        body = caller()
        return self._later(asked, body, place) if environment.is_async else self._now(asked, body, place)

    async def _later(self, asked: tuple[str, str], body: Awaitable[str], pixel: object) -> str:
        return self._now(asked, await body, pixel)

    def _now(self, asked: tuple[str, str], body: str, pixel: object) -> str:
        return tracked_html(self._campaigns, *asked, str(body), _text(pixel))

    def _campaigns(self, campaign: str) -> Rewriter:
        """The rewriter of a campaign; the data folder is opened with the first mail."""
        environment: Any = self.environment
        if environment.mailpixel_campaigns is None:
            environment.mailpixel_campaigns = open_campaigns()
        campaigns: Campaigns = environment.mailpixel_campaigns
        return campaigns(campaign)


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, Undefined) else str(value)
