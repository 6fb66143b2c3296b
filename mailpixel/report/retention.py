"""How long each kind is kept, how much of it there is, and when it was last gone through."""

from collections.abc import Iterable, Mapping, Sequence

from mailpixel.privacy.retained import Period
from mailpixel.privacy.retaining import Holds, RetentionRegistry, held
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.store.retention import Holding, Kept, RetentionRun
from mailpixel.times import DAY_MS


class RetentionRow(Answer, frozen=True):
    """One kind. `kept_days` is null for what is kept for ever, 0 for what has an end of its own.

    `rows` are stored, `past` of them would be removed now, the `oldest` is from that moment, and all take `size_bytes`
    in the file (null: not known). It was last gone through at `last_run`, which removed `removed` rows; rows last were
    removed at `last_removal`. `waiting`: nothing is removed until a mode is chosen. `setting` is empty where the
    time is fixed.
    """

    kind: Kept
    what: str
    setting: str
    kept_days: Count | None
    waiting: bool
    rows: Count
    past: Count
    oldest: Iso | None
    size_bytes: Count | None
    last_run: Iso | None
    removed: Count | None
    last_removal: Iso | None


def retention_rows(
    periods: Sequence[Period],
    store: Holds,
    registry: RetentionRegistry,
    runs: Mapping[Kept, RetentionRun],
    now_ms: int,
) -> Sequence[RetentionRow]:
    """All kinds at this moment. It counts the rows, which takes seconds in a large database."""
    return [_row(each, held(store, registry, each, now_ms), runs.get(each.retained.kind)) for each in periods]


def _row(period: Period, holding: Holding, run: RetentionRun | None) -> RetentionRow:
    retained = period.retained
    return RetentionRow(
        kind=retained.kind,
        what=retained.what,
        setting=f"MAILPIXEL_{retained.setting.upper()}" if retained.setting else "",
        kept_days=kept_days(period),
        waiting=period.waiting,
        rows=holding.rows,
        past=holding.past,
        oldest=iso_ms(holding.oldest_ms),
        size_bytes=holding.size_bytes,
        last_run=iso_ms(run.at_ms) if run else None,
        removed=run.removed if run else None,
        last_removal=iso_ms(run.removed_ms) if run else None,
    )


def kept_days(period: Period) -> int | None:
    """For how many days a kind is kept; None: for ever."""
    return None if period.keep_ms is None else period.keep_ms // DAY_MS


def in_words(days: int | None) -> str:
    """`730 days`, `48 hours`, `for ever`, or `to its end`."""
    if days is None:
        return "for ever"
    return {0: "to its end", 2: "48 hours", 1: "1 day"}.get(days, f"{days:,} days")


def last_run_ms(periods: Iterable[Period], runs: Mapping[Kept, RetentionRun]) -> int | None:
    """The moment up to which every kind was gone through; None if one never was."""
    asked = [period.retained.kind for period in periods if not period.waiting]
    return (
        min((runs[kind].at_ms for kind in asked), default=None)
        if all(kind in runs for kind in asked)
        else None
    )
