"""The SVG element, its shapes, and the hatching. Every function returns text that is safe to put into a page."""

from collections.abc import Iterable

from markupsafe import Markup, escape

HATCH = "hatch"
"""The id of the pattern for what may hide a reader."""

HATCHING = Markup(
    f'<svg class="chart-defs" width="0" height="0" aria-hidden="true"><defs>'
    f'<pattern id="{HATCH}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="3" height="6"/>'
    "</pattern></defs></svg>"
)
"""The pattern itself. It must be in a page once, outside the parts that are replaced while the page is open."""


def svg(label: str, height: int, shapes: Iterable[str], kind: str = "") -> Markup:
    """An SVG of the full width and a height in px. `label` states in words what it shows."""
    name = escape(f"chart {kind}".strip())
    return Markup(
        f'<svg class="{name}" role="img" aria-label="{escape(label)}" width="100%" height="{height}">'
        f"{''.join(shapes)}</svg>"
    )


def at(share: float) -> str:
    """A coordinate or width as a per cent of the whole, from 0 to 1: `41.25%`."""
    return f"{number(min(max(share, 0.0), 1.0) * 100)}%"


def number(value: float) -> str:
    """A number in SVG with at most three decimals."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def rect(kind: str, across: tuple[float, float], down: tuple[float, float], title: str = "") -> str:
    """A rectangle. `across` is x and width as shares of the width, `down` is y and height in px.

    `title` shows on hover.
    """
    named = f"<title>{escape(title)}</title>" if title else ""
    place = f'x="{at(across[0])}" y="{number(down[0])}" width="{at(across[1])}" height="{number(down[1])}"'
    return f'<rect class="{escape(kind)}" {place}>{named}</rect>'


def line(kind: str, x: tuple[float, float], y: tuple[float, float]) -> str:
    """A line from one point to another; x are shares of the width, y are px."""
    ends = f'x1="{at(x[0])}" x2="{at(x[1])}" y1="{number(y[0])}" y2="{number(y[1])}"'
    return f'<line class="{escape(kind)}" {ends}/>'


def dot(kind: str, x: float, y: float, radius: float = 5) -> str:
    """A circle around a point."""
    return f'<circle class="{escape(kind)}" cx="{at(x)}" cy="{number(y)}" r="{number(radius)}"/>'


def text(kind: str, x: float, y: float, words: str, anchor: str = "") -> str:
    """Words with their baseline at `y` px.

    `anchor` is `from`, `around` or `until`. By default words begin at `x` in the left third, and end there in the
    right third, so that they stay inside of a narrow chart.
    """
    placed = escape(f"{kind} {anchor or _anchor(x)}")
    return f'<text class="{placed}" x="{at(x)}" y="{number(y)}">{escape(words)}</text>'


def _anchor(x: float) -> str:
    return "from" if x < 1 / 3 else "around" if x <= 2 / 3 else "until"


def polyline(kind: str, points: Iterable[tuple[float, float]]) -> str:
    """A line through points whose x and y are shares of the whole; 0, 0 is the lower left corner.

    It fills the chart that it stands in. Its width stays the same however the chart is stretched.
    """
    drawn = " ".join(f"{number(x * 1000)},{number((1 - y) * 1000)}" for x, y in points)
    return (
        '<svg class="stretched" viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%">'
        f'<polyline class="{escape(kind)}" points="{drawn}" vector-effect="non-scaling-stroke"/></svg>'
    )
