"""Rows of numbers as lines in one SVG file, a panel each, drawn with the charts of the pages."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import escape

from mailpixel.pages.charts.svg import at, line, number, polyline, text

PANEL_PX, HEAD_PX, FOOT_PX, WIDTH_PX = 120, 28, 22, 900
COLOURS = ("#0b62a3", "#b3541e", "#3d7a3a", "#7a3d78")
STYLE = (
    "text{font:13px sans-serif;fill:#222}.until{text-anchor:end}.around{text-anchor:middle}"
    "polyline{fill:none;stroke-width:1.5}.axis{stroke:#999}"
    + "".join(f".line{place}{{stroke:{colour}}}" for place, colour in enumerate(COLOURS))
    + "".join(f".words{place}{{fill:{colour}}}" for place, colour in enumerate(COLOURS))
)
Panel = Mapping[str, Sequence[float]]
"""The lines of one panel by name. They have one scale, from 0 to the largest number."""


def draw(path: Path, title: str, seconds: Sequence[float], panels: Mapping[str, Panel]) -> None:
    """Write the picture. `seconds` are the moments of the numbers of every line, in order."""
    height = HEAD_PX + len(panels) * (HEAD_PX + PANEL_PX) + FOOT_PX
    shapes = [text("title", 0.01, 19, title, "from")]
    for place, (name, lines) in enumerate(panels.items()):
        shapes += _panel(HEAD_PX + place * (HEAD_PX + PANEL_PX), name, seconds, lines)
    shapes += [text("time", share, height - 6, f"{seconds[-1] * share:.0f} s") for share in (0, 0.5, 1)]
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{height}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(shapes)}</svg>\n"
    )


def _panel(top: int, name: str, seconds: Sequence[float], lines: Panel) -> list[str]:
    most = max((value for values in lines.values() for value in values), default=0.0) or 1.0
    shapes = [text("name", 0.01, top + 19, name, "from")]
    for place, (of, values) in enumerate(lines.items()):
        points = [(at_s / seconds[-1], value / most) for at_s, value in zip(seconds, values, strict=True)]
        shapes += [
            text(f"words{place}", 0.36 + place * 0.16, top + 19, of, "from"),
            f'<svg x="0" y="{top + HEAD_PX}" width="{at(1)}" height="{number(PANEL_PX)}">',
            polyline(f"line{place}", points),
            "</svg>",
        ]
    shapes.append(text("most", 0.99, top + 19, f"top {most:,.4g}", "until"))
    shapes.append(line("axis", (0, 1), (top + HEAD_PX + PANEL_PX, top + HEAD_PX + PANEL_PX)))
    return shapes
