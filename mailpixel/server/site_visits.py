"""One visit to a site with the reasons for its verdict, as the API and the pages show it."""

from mailpixel.errors import NotFound
from mailpixel.privacy.on_sites import refuses_on_sites
from mailpixel.projections.identities import Identities
from mailpixel.report.visits import VisitRow, explain_visit
from mailpixel.server.services import Services
from mailpixel.site_model import Site


def explained_visit(services: Services, site: Site, visitor: str) -> VisitRow:
    """One visit, judged now. Raises `NotFound`."""
    case = services.latest().message(site.visits, visitor)
    if not case.events:
        raise NotFound("nothing is logged of this visitor on this site")
    identity = Identities(services.store, refuses_on_sites(services.registry)).of_visitor(site.id, visitor)
    return explain_visit(case, services.rules, site.hosts, identity, services.store)
