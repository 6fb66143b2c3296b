"""Rule 8: more different links of a message followed in a short span than anybody reads."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from mailpixel.classify.sight import Ruling, Sight, Source
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Verdict

BURST = Ruling("burst", Verdict.SCANNER)

Span = tuple[int, int, int]
"""First and last position of the clicks in it, and how many different links they followed."""


def mark_burst(sights: Sequence[Sight], thresholds: Thresholds) -> None:
    """Rule on every undecided click inside a burst, and on the opens of its sources that came before.

    Clicks that one event gave away take no part: a preview or a prefetch beside a reader's click makes no
    burst.
    """
    clicks = [sight for sight in sights if sight.click and sight.countable and _takes_part(sight)]
    fewest = min(thresholds.burst_links, thresholds.sweep_links)
    if len(clicks) < fewest or len({click.link for click in clicks}) < fewest:
        return
    swept: dict[Source, int] = {}
    _sweep(clicks, thresholds.burst_ms, thresholds.burst_links, swept)
    _sweep(clicks, thresholds.sweep_ms, thresholds.sweep_links, swept)
    if swept:
        _take_opens(sights, swept, thresholds.sweep_ms)


def _takes_part(sight: Sight) -> bool:
    return sight.ruling is None or sight.ruling.rule in ("trap", "burst")


def _sweep(clicks: Sequence[Sight], size_ms: int, links: int, swept: dict[Source, int]) -> None:
    """Take down the clicks of every span; what an earlier span reached is not walked again."""
    done = 0
    for first, last, found in _spans(clicks, size_ms, links):
        length_ms = clicks[last].at_ms - clicks[first].at_ms
        for click in clicks[max(first, done) : last + 1]:
            if click.ruling is None:
                click.ruling = BURST
                click.span = found, length_ms
            swept[click.source] = max(click.at_ms, swept.get(click.source, 0))
        done = last + 1


def _spans(clicks: Sequence[Sight], size_ms: int, links: int) -> Iterator[Span]:
    """Every span of this size that holds so many different links, each beginning or ending with a new
    click.
    """
    inside: defaultdict[int | str | None, int] = defaultdict(int)
    first = 0
    for last, click in enumerate(clicks):
        inside[click.link] += 1
        while click.at_ms - clicks[first].at_ms > size_ms:
            _leave(inside, clicks[first].link)
            first += 1
        if len(inside) >= links:
            yield first, last, len(inside)


def _leave(inside: dict[int | str | None, int], link: int | str | None) -> None:
    inside[link] -= 1
    if not inside[link]:
        del inside[link]


def _take_opens(sights: Sequence[Sight], swept: dict[Source, int], slack_ms: int) -> None:
    """Opens of a sweeping source fall with its clicks; the pixel stands last in a mail, hence the slack."""
    for sight in sights:
        if sight.ruling is None and not sight.click:
            last_ms = swept.get(sight.source)
            if last_ms is not None and sight.at_ms <= last_ms + slack_ms:
                sight.ruling = BURST
