"""A chart with its legend, and its numbers as a table that opens below it."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup, escape

NUMBERS = "The numbers as a table"


def legend(names: Mapping[str, str]) -> Markup:
    """What each colour and texture means: the class of a part and its name."""
    entries = "".join(f"<li>{swatch(kind)}{escape(name)}</li>" for kind, name in names.items())
    return Markup(f'<ul class="legend">{entries}</ul>')


def figure(chart: Markup, names: Mapping[str, str], table: Markup) -> Markup:
    """The chart, its legend and its table. Empty for an empty chart."""
    if not chart:
        return Markup("")
    known = legend(names) if names else ""
    return Markup(f'<figure class="chart-figure">{chart}{known}{table}</figure>')


def numbers_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Rows of text as a table in `<details>`. The first column names the row, the others hold numbers."""
    heads = "".join(f'<th scope="col"{_head(place)}>{escape(name)}</th>' for place, name in enumerate(head))
    body = "".join(f"<tr>{_cells(row, head)}</tr>" for row in rows)
    return Markup(
        f'<details class="numbers"><summary>{NUMBERS}</summary><table class="blocks">'
        f"<caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></details>"
    )


def _cells(row: Sequence[str], head: Sequence[str]) -> str:
    first = f'<th scope="row">{escape(row[0])}</th>'
    rest = zip(row[1:], head[1:], strict=True)
    return first + "".join(
        f'<td class="number" data-label="{escape(name)}">{escape(cell)}</td>' for cell, name in rest
    )


def _head(place: int) -> str:
    """A head may be the name of a campaign, of any length, so it may wrap."""
    return ' class="number named"' if place else ""


def swatch(kind: str) -> Markup:
    """The colour and texture of a part as a small square, of a line as a short line."""
    shape = f'<rect class="part {escape(kind)}" width="14" height="14"/>'
    if kind.endswith("-line"):
        shape = f'<line class="{escape(kind)}" x1="0" x2="26" y1="7" y2="7"/>'
    width = 26 if kind.endswith("-line") else 14
    return Markup(f'<svg class="swatch" aria-hidden="true" width="{width}" height="14">{shape}</svg>')
