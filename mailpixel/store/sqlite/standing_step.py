"""The step of the schema that adds standings, clients and days, and fills them from data of earlier releases."""

from mailpixel.store.shown import shown_by
from mailpixel.store.standing import CODES, STANDINGS, UNSEEN, Standing
from mailpixel.times import DAY_MS

NOTHING, READ, CLICKED, OPTED_OUT = (
    STANDINGS.index(standing)
    for standing in (Standing.NOTHING, Standing.READ, Standing.CLICKED, Standing.OPTED_OUT)
)
WORDS = " ".join(f"when {code} then '{standing}'" for code, standing in enumerate(STANDINGS))


def standing_by_marks(marks: bytes) -> int:
    """The code of the standing that the hits of a message show, `UNSEEN` where they show nothing."""
    return CODES[shown_by(marks)]


# Human hits have their own columns, so marks are read only where there is no human hit.
STANDING_STEP = (
    "update shelves set live = -1 where live = 0",
    "alter table put_aside rename to aside",
    "create view put_aside as select campaign, recipient, error from aside",
    "alter table states add column client integer not null default 0",
    "alter table states add column standing integer not null default 0",
    f"""update states set standing = case
        when opted_out then {OPTED_OUT}
        when first_human_click_at_ms is not null then {CLICKED}
        when first_human_open_at_ms is not null then {READ}
        when delivered_at_ms is not null then max(standing_by_marks(marks), {NOTHING})
        else standing_by_marks(marks) end""",  # noqa: S608
    "create index states_by_standing on states (shelf, standing, recipient)",
    f"""insert into counters (shelf, bucket_ms, link, measure, number)
        select shelf, 0, 0, 'standing.' || case standing {WORDS} end, count(*) from states
        where standing != {UNSEEN} group by shelf, standing""",  # noqa: S608
    *(
        f"""insert into counters (shelf, bucket_ms, link, measure, number)
            select shelf, 0, 0, '{measure}', sum(number) from counters
            where bucket_ms = 0 and link = 0 and measure in ('opens.unique_human', 'opens.inferred_from_clicks')
            group by shelf"""  # noqa: S608
        for measure in ("opens.client.unknown", "opens.device.unknown")
    ),
    """create table days (
        shelf integer not null,
        day integer not null,
        measure text not null,
        number integer not null,
        primary key (shelf, day, measure)
    ) without rowid""",
    f"""insert into days select shelf, bucket_ms / {DAY_MS}, measure, sum(number) from counters
        where bucket_ms > 0 and link = 0 group by 1, 2, 3 order by 1, 2, 3""",  # noqa: S608
)
