"""Web sites as people and programs see them."""

from mailpixel.report.answer import Answer
from mailpixel.site_model import Site


class SiteRow(Answer, frozen=True):
    """A web site. `key` stands in the addresses that its pages use; it is no secret.

    `plan` holds required fields by name of the event. An archived site takes no more events.
    """

    id: str
    key: str
    hosts: list[str]
    ask: bool
    names: list[str]
    keep: list[str]
    plan: dict[str, list[str]]
    cookie_domain: str
    archived: bool


def site_row(site: Site) -> SiteRow:
    """A site for people and programs."""
    return SiteRow(
        id=site.id,
        key=site.key,
        hosts=list(site.hosts),
        ask=site.ask,
        names=list(site.names),
        keep=list(site.keep),
        plan={planned.name: list(planned.required) for planned in site.plan},
        cookie_domain=site.cookie_domain,
        archived=site.archived,
    )
