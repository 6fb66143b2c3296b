"""Takes deliveries, bounces and complaints: logs them with the hits of readers, or only counts them."""

from collections.abc import Sequence

from mailpixel.errors import StoreUnavailable
from mailpixel.ingest.reports import ReportSorting
from mailpixel.model import Event
from mailpixel.server.services import Services
from mailpixel.server.threads import Lane
from mailpixel.times import DAY_MS


async def append_reports(services: Services, lane: Lane, events: Sequence[Event]) -> Sequence[bool]:
    """Take reports. Says of each, in order, whether it is durable. `lane` is where the store is asked."""
    live = services.live
    sorting = ReportSorting(live.resolver, live.registry.limits, live.people.consent)
    named, unnamed = sorting.sort(events)
    written = iter(await services.committer.append(named) if named else ())
    counted = True
    if unnamed:
        try:
            await lane.run(services.store.count_reports, unnamed, services.clock() // DAY_MS)
        except StoreUnavailable:
            counted = False
    logged = set(map(id, named))
    return [next(written) if id(event) in logged else counted for event in events]
