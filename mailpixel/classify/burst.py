"""Rule 8: more different links of a message were followed in a short span than anyone can read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from mailpixel.classify.appearance import Ruling
from mailpixel.classify.certain import INSTANT, speaks
from mailpixel.classify.observation import Observation
from mailpixel.classify.origins import Source
from mailpixel.classify.thresholds import Thresholds
from mailpixel.classify.trap import TRAP
from mailpixel.model import Certainty, Verdict

BURST = Ruling("burst", Verdict.SCANNER)

_SAME_HAND = (None, TRAP, INSTANT)
"""Rulings under which a click still counts in the bursts of its own source. A hit ruled out by its own event or by
its network says nothing about other hits."""

_LATER = frozenset({"trap", "instant", "burst", "network", "pair", "client", "no_open", "default"})
"""The rules of this one and after, and those of `_SAME_HAND`, for hits that carry their decision."""

Span = tuple[int, int, int]
"""First and last position of its clicks, and how many different links they followed."""


def mark_burst(observations: Sequence[Observation], thresholds: Thresholds) -> None:
    """Rule on every undecided click inside a burst, and on earlier opens of its sources.

    A certain machine takes no part in the burst of another source. A click that shows a person's gesture
    counts only the clicks of its own source, so a link checker beside a reader makes no burst.
    """
    clicks = [hit for hit in observations if hit.click and hit.countable]
    if not are_close([click.at_ms for click in clicks], thresholds):
        return
    clicks = [hit for hit in clicks if _of_a_hand(hit)]
    fewest = min(thresholds.burst_links, thresholds.sweep_links)
    if len({click.link for click in clicks}) < fewest:
        return
    by_source = _by_source(clicks)
    undecided = [click for click in clicks if click.ruling is None] if len(by_source) > 1 else ()
    swept: dict[Source, int] = {}
    for own in by_source.values():
        _sweep(own, thresholds, swept, spare_gestures=False)
    if undecided:
        _sweep(undecided, thresholds, swept, spare_gestures=True)
    if swept:
        _take_opens(observations, swept, thresholds.sweep_ms)


def are_close(moments: Sequence[int], thresholds: Thresholds) -> bool:
    """Whether any span of either size holds as many clicks as a sweep has links: clicks at these moments, in order."""
    for size_ms, links in _sizes(thresholds):
        for first_ms, last_ms in zip(moments, moments[links - 1 :], strict=False):
            if last_ms - first_ms <= size_ms:
                return True
    return False


def _sizes(thresholds: Thresholds) -> tuple[tuple[int, int], tuple[int, int]]:
    """Length of a span and the different links that make it a sweep, the longer span first."""
    return (
        (thresholds.burst_ms, thresholds.burst_links),
        (thresholds.sweep_ms, thresholds.sweep_links),
    )


def _of_a_hand(hit: Observation) -> bool:
    if hit.ruling not in _SAME_HAND and (hit.event.decided is None or hit.event.decided.rule not in _LATER):
        return False
    return hit.network is None or speaks(hit) is not Certainty.CERTAIN


def _by_source(clicks: Iterable[Observation]) -> dict[Source, list[Observation]]:
    found: dict[Source, list[Observation]] = {}
    for click in clicks:
        found.setdefault(click.source, []).append(click)
    return found


def _sweep(
    clicks: Sequence[Observation], thresholds: Thresholds, swept: dict[Source, int], spare_gestures: bool
) -> None:
    """Rule on the clicks of every span of either size, except those that show a gesture where these are spared."""
    for size_ms, links in _sizes(thresholds):
        if len(clicks) >= links:
            taken = _take_clicks(clicks, _spans(clicks, size_ms, links), spare_gestures)
            for click in taken:
                swept[click.source] = max(click.at_ms, swept.get(click.source, 0))
            if len(taken) == len(clicks):
                break  # nothing is left for the shorter span


def _take_clicks(
    clicks: Sequence[Observation], spans: Iterable[Span], spare_gestures: bool
) -> list[Observation]:
    """Rule on the clicks of every span. Clicks that an earlier span reached are not visited again."""
    done = 0
    taken = []
    for first, last, found in spans:
        length_ms = clicks[last].at_ms - clicks[first].at_ms
        for click in clicks[max(first, done) : last + 1]:
            if spare_gestures and click.shows.gesture:
                continue
            if click.ruling is None:
                click.ruling = BURST
                click.span = found, length_ms
            taken.append(click)
        done = last + 1
    return taken


def _spans(clicks: Sequence[Observation], size_ms: int, links: int) -> Iterator[Span]:
    """Every span of this size with this many different links. Each begins or ends with a new click."""
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


def _take_opens(observations: Sequence[Observation], swept: dict[Source, int], slack_ms: int) -> None:
    """Rule on opens of a sweeping source before its clicks. The pixel is last in a mail, hence the slack."""
    for hit in observations:
        if hit.ruling is None and not hit.click:
            last_ms = swept.get(hit.source)
            if last_ms is not None and hit.at_ms <= last_ms + slack_ms:
                hit.ruling = BURST
