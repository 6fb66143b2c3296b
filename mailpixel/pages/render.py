"""Templates and the values they show, as HTML. All text is escaped; a value that is missing is an error."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from mailpixel.measure.figures import figure_text
from mailpixel.pages import numbers
from mailpixel.pages.charts.figure import legend, swatch
from mailpixel.pages.charts.svg import HATCHING
from mailpixel.pages.definitions import DEFINITIONS
from mailpixel.pages.frame import Frame
from mailpixel.pages.static import static_url
from mailpixel.report.parts import PART_NAMES


def coded(text: str) -> Markup:
    """Text as HTML, escaped; what stands between backticks is code."""
    pieces = [escape(piece) for piece in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else piece for place, piece in enumerate(pieces)
    )


FILTERS = {
    "grouped": numbers.grouped,
    "per_cent": numbers.per_cent,
    "day": numbers.day_text,
    "hour": numbers.hour_text,
    "moment": numbers.moment_text,
    "clock": numbers.clock_text,
    "figure_text": figure_text,
    "coded": coded,
}
"""What a template may write behind a `|`, besides Jinja2's own filters."""

GLOBALS = {
    "static": static_url,
    "legend": legend,
    "swatch": swatch,
    "HATCHING": HATCHING,
    "DEFINITIONS": DEFINITIONS,
    "PART_NAMES": PART_NAMES,
}
"""What every template and macro may use."""


def render(template: str, frame: Frame, **values: object) -> str:
    """The page of a template, with these values and the frame around it. A fault in it raises Jinja2's errors."""
    return _environment().get_template(template).render(frame=frame, **values)


def render_alone(template: str, **values: object) -> str:
    """A page without the frame, for people who are not signed in. A fault in it raises Jinja2's errors."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("mailpixel.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(FILTERS)
    made.globals.update(GLOBALS)
    return made
