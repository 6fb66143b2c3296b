"""Shares for programs and tables."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso
from mailpixel.store.shares import Share, SharePart


class ShareRow(Answer, frozen=True):
    """A share. Its address was shown when it was added and is not kept. `open` ends at `expires_at`."""

    id: Count
    campaign: str
    parts: list[SharePart]
    state: Literal["open", "expired", "revoked"]
    created_by: str
    created_at: Iso
    expires_at: Iso
    revoked_at: Iso | None


class AddedShareRow(ShareRow, frozen=True):
    """A new share with its addresses, which are secrets and are not shown again. Null: it has no such part."""

    url: str | None
    csv_url: str | None


def share_row(share: Share, now: datetime) -> ShareRow:
    """One share at this moment."""
    return ShareRow(
        id=share.id,
        campaign=share.campaign,
        parts=parts_in_order(share.parts),
        state=share.state(now),
        created_by=share.created_by,
        created_at=iso(share.created_at),
        expires_at=iso(share.expires_at),
        revoked_at=iso(share.revoked_at),
    )


def added_share_row(share: Share, now: datetime, urls: dict[SharePart, str]) -> AddedShareRow:
    """A new share, with the address of each of its parts."""
    row = share_row(share, now)
    named = {name: getattr(row, name) for name in ShareRow.__struct_fields__}
    return AddedShareRow(**named, url=urls.get(SharePart.PAGE), csv_url=urls.get(SharePart.CSV))


def parts_in_order(parts: Iterable[SharePart]) -> list[SharePart]:
    """The parts in the order of their definition."""
    found = frozenset(parts)
    return [part for part in SharePart if part in found]
