"""A campaign as people set it up."""

from mailpixel.model import Campaign
from mailpixel.report.moments import iso


def campaign_json(campaign: Campaign) -> dict[str, object]:
    """{"id","name","sent","sent_at","base_url","passthrough":[name],"archived","links":[{"number","url","trap"}]}.

    null where not known.
    """
    return {
        "id": campaign.id,
        "name": campaign.name,
        "sent": campaign.sent,
        "sent_at": iso(campaign.sent_at),
        "base_url": campaign.base_url,
        "passthrough": list(campaign.passthrough),
        "archived": campaign.archived,
        "links": [{"number": link.number, "url": link.url, "trap": link.trap} for link in campaign.links],
    }
