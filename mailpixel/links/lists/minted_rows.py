"""One recipient in, one row of links out: what a bulk job makes, and in which shape."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any, TypeGuard

from mailpixel.claims import are_recipients, check_campaign_id, check_link_number, check_recipient
from mailpixel.errors import InvalidInput
from mailpixel.links.keyring import Keyring, pseudonym
from mailpixel.links.lists.columns import Wanted
from mailpixel.links.lists.encoding import check_encoding
from mailpixel.links.lists.kept import as_it_is, csv_field, is_text, kept_csv, kept_text, refuse_unreadable
from mailpixel.links.lists.layout import Kept, Layout, RowContent
from mailpixel.links.lists.link_columns import AllAlike, LinkColumns, Treat
from mailpixel.links.minter import Minter
from mailpixel.links.urls import check_base_url
from mailpixel.modes import Treatment

Fault = tuple[int, InvalidInput]
"""A row that was left out: its number, from 1, and what is wrong with it."""


class Format(StrEnum):
    """How rows are written: CSV with a header (RFC 4180, lines ending in LF), one JSON object a line, or Parquet."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Job:
    """What a list is minted into. Raises `InvalidInput` for values out of bounds.

    `links` are the numbers of the links that get a column. `merge` gives one merge-field token a row instead of URLs.
    `hash_recipients` replaces what the sender wrote by a keyed pseudonym. `strict` stops at the first faulty row.
    `wanted` says which columns of the list are read, `encoding` how it is written (UTF-8 or what its byte order mark
    says when None), `workers` the processes (all cores when None). `kept` are the columns that come out again, known
    once the beginning of the list was read. `destinations` are those of the `links`; `treat` says how the mail of each
    recipient is signed.
    """

    campaign: str
    base_url: str
    links: tuple[int, ...] = ()
    format: Format = Format.CSV
    merge: bool = False
    hash_recipients: bool = False
    strict: bool = False
    wanted: Wanted = Wanted()
    encoding: str | None = None
    workers: int | None = None
    kept: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    treat: Treat = AllAlike()

    def __post_init__(self) -> None:
        """Refuse now what would fail in every row."""
        check_campaign_id(self.campaign)
        check_base_url(self.base_url)
        for number in self.links:
            check_link_number(number)
        if self.encoding is not None:
            check_encoding(self.encoding)

    def keeping(self, kept: Sequence[str]) -> "Job":
        """The same with the columns of the list that come out again. Raises `InvalidInput` for a name used twice."""
        taken = {name.casefold() for name in self.columns}
        for name in kept:
            if name.casefold() in taken:
                raise InvalidInput(
                    "keep", f"the column `{name}` would stand twice in the output; rename it in the list"
                )
            taken.add(name.casefold())
        return replace(self, kept=tuple(kept))

    @property
    def numbered(self) -> tuple[int, ...]:
        """The links that get a column: none with `merge`."""
        return () if self.merge else self.links

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the output, in order."""
        links = [f"link_{number}" for number in self.numbered]
        last = ["pseudonym"] if self.hash_recipients else []
        lead = "token" if self.merge else "pixel_url"
        return ("recipient", lead, *links, *last, *self.kept, "choice_url")

    @property
    def header(self) -> bytes:
        """The first line of a CSV file; nothing for the others."""
        return f"{','.join(map(csv_field, self.columns))}\n".encode() if self.format is Format.CSV else b""


@dataclass(frozen=True, slots=True)
class Minted:
    """One block minted: `rows` read, `minted` of them written to `text`, which for Parquet is an Arrow stream.

    `faults` are the rows left out: (number in the block from 1, what is wrong); of a strict job there is one at most,
    the last row read. `fingerprints` tell recipients apart: 8 bytes of the signature of every minted row, in buckets
    by one more. `signed` are the numbers of recipients by treatment, in its word.
    """

    text: bytes
    rows: int
    minted: int
    faults: tuple[Fault, ...]
    fingerprints: Mapping[str, bytes]
    signed: Mapping[str, int] = field(default_factory=dict)


class RowMinter:
    """Makes the rows of one job."""

    def __init__(self, job: Job, keyring: Keyring) -> None:
        minter = Minter(keyring, job.base_url, job.campaign)
        self._job = job
        self._keyring = keyring if job.hash_recipients else None
        is_csv = job.format is Format.CSV
        self._as_field = csv_field if is_csv else str
        urls = job.destinations or ("",) * len(job.links)
        links = [] if job.merge else list(zip(job.links, map(self._as_field, urls), strict=True))
        self._links = LinkColumns(minter, links, job.merge)
        self._signed: Counter[int] = Counter()
        shape = ", ".join(json.dumps(name).replace("%", "%%") + ": %s" for name in job.columns).join("{}")
        self._as_kept: Callable[[object], Any] = {Format.CSV: kept_csv, Format.PARQUET: kept_text}.get(
            job.format, as_it_is
        )
        self._as_line: Callable[[tuple[str, ...]], str] = ",".join if is_csv else partial(_object, shape)

    def take_signed(self) -> Counter[Treatment]:
        """How many recipients were signed for since the last time, by treatment."""
        found: Counter[Treatment] = Counter()
        for code, number in self._signed.items():
            found[self._job.treat.table[code]] += number
        self._signed.clear()
        return found

    def id_of(self, written: str) -> str:
        """The recipient id for what a list says: the same, or its pseudonym. Raises `InvalidInput`."""
        return check_recipient(written) if self._keyring is None else pseudonym(self._keyring, written)

    def are_ids(self, rows: Sequence[RowContent]) -> TypeGuard[Sequence[str]]:
        """Whether all rows hold an id as it stands; quicker than to look at each."""
        if self._keyring is not None:
            return False
        texts = [row for row in rows if isinstance(row, str)]
        return len(texts) == len(rows) and are_recipients(texts)

    def rows(
        self, written: Sequence[str], ids: Sequence[str], kept: Kept | None = None
    ) -> tuple[list[str], list[str]]:
        """(the output line, a token) of each recipient, from what the list says, its id and what is kept."""
        columns, tokens = self._columns(written, ids, kept or [])
        return list(map(self._as_line, zip(*columns, strict=True))), tokens

    def block(self, written: Sequence[str], ids: Sequence[str], kept: Kept) -> tuple[bytes, list[str]]:
        """(the output of all, a token of each) as `rows`."""
        if self._job.format is not Format.PARQUET:
            lines, tokens = self.rows(written, ids, kept)
            return "\n".join([*lines, ""]).encode(), tokens
        from mailpixel.links.lists.parquet import arrow_block  # needs an extra

        columns, tokens = self._columns(written, ids, kept)
        return arrow_block(self._job.columns, columns), tokens

    def _columns(
        self, written: Sequence[str], ids: Sequence[str], kept: Kept
    ) -> tuple[list[Sequence[Any]], list[str]]:
        treat = self._job.treat
        codes = treat.codes(ids)
        self._signed.update(codes)
        columns: list[Sequence[Any]] = [
            written if self._keyring is None else list(map(self._as_field, written)),
            *self._links.of(ids, treat, codes),
        ]
        if self._keyring is not None:
            columns.append(ids)
        columns += [list(map(self._as_kept, column)) for column in kept]
        choices, tokens = self._links.choices(ids)
        return [*columns, choices], tokens


def _object(shape: str, cells: tuple[str, ...]) -> str:
    return shape % tuple(map(json.dumps, cells))


def mint_block(job: Job, keyring: Keyring, layout: Layout, block: bytes, skip: int = 0) -> Minted:
    """Mint a block of whole rows; the first `skip` are the head of the list."""
    minter = RowMinter(job, keyring)
    read, kept = layout.read_kept(block) if job.kept else (list(layout.read(block)), [])
    rows, kept = read[skip:], [column[skip:] for column in kept]
    faults: list[Fault] = []
    if minter.are_ids(rows) and is_text(kept):
        text, tokens = minter.block(rows, rows, kept)
    else:
        refuse_unreadable(rows, kept, job.kept)
        places, ids, faults = _sorted_out(minter, rows, skip, job.strict)
        written = [rows[place] for place in places]
        text, tokens = minter.block(written, ids, [[column[at] for at in places] for column in kept])  # type: ignore[arg-type]
    signed = {treatment.text: number for treatment, number in minter.take_signed().items()}
    return Minted(text, len(read), len(tokens), tuple(faults), _fingerprints(tokens), signed)


def _sorted_out(
    minter: RowMinter, rows: Sequence[RowContent], skip: int, strict: bool
) -> tuple[list[int], list[str], list[Fault]]:
    """(the places of good rows, their ids, the faults); with `strict` nothing after the first fault."""
    places: list[int] = []
    ids: list[str] = []
    faults: list[Fault] = []
    for place, row in enumerate(rows):
        try:
            if isinstance(row, InvalidInput):
                raise row
            if row is not None:
                ids.append(minter.id_of(row))
                places.append(place)
        except InvalidInput as fault:
            faults.append((skip + place + 1, fault))
            if strict:
                break
    return places, ids, faults


def _fingerprints(tokens: Sequence[str]) -> dict[str, bytes]:
    """48 bits of every signature, in buckets by 6 more; the last character of a token holds too few to be of use."""
    buckets: dict[str, list[str]] = defaultdict(list)
    for token in tokens:
        buckets[token[-2]].append(token[-10:-2])
    return {bucket: "".join(fingerprints).encode() for bucket, fingerprints in buckets.items()}
