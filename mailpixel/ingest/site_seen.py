"""What the web processes of a data folder counted of a site, added up."""

from pathlib import Path

import msgspec

from mailpixel.folder.consoles import tallies_in
from mailpixel.ingest.site_tally import SiteTally, added, read_tally


def seen_now(data: Path, site: str) -> SiteTally:
    """What all web processes counted of a site until now. One that does not answer is left out. It blocks briefly."""
    return added(tally for line in tallies_in(data, site) for tally in _read(line))


def _read(line: bytes) -> list[SiteTally]:
    try:
        return [read_tally(line)]
    except msgspec.DecodeError:  # a process of another release
        return []
