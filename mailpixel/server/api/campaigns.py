"""Campaigns and their links: list, add, show, correct."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from mailpixel.campaigns import MOST_SENT, NAME_CHARS, LinkChange, changed_links, check_name, delete_campaign
from mailpixel.claims import (
    CAMPAIGN_PATTERN,
    LAST_LINK,
    check_campaign_id,
)
from mailpixel.errors import InvalidInput
from mailpixel.links.destination import checked
from mailpixel.links.passthrough import MOST_NAMES, NAME_PATTERN, check_names
from mailpixel.links.urls import BASE_URL_CHARS, check_base_url
from mailpixel.model import Campaign, Link
from mailpixel.reading.fields import (
    BOOLEAN,
    MOMENT,
    Field,
    a_string,
    boolean,
    choice,
    integer,
    moment,
    object_schema,
    options,
    read_object,
    text,
    whole,
)
from mailpixel.report.links import campaign_json
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.query import page
from mailpixel.server.errors import NO_STORE

URL_SCHEMA = {
    "type": "string",
    "format": "uri",
    "pattern": "^ *[Hh][Tt][Tt][Pp][Ss]?://[^/?#]",
    "maxLength": 65_536,
}
URL = Field("url", URL_SCHEMA, text(checked), required=True, help="Where the link leads: http or https.")
TRAP = Field(
    "trap",
    BOOLEAN,
    boolean,
    help="Hidden from readers, so that only a machine follows it; false by default.",
)
NUMBER = Field("number", integer(1, LAST_LINK), whole(1, LAST_LINK), help="The next free one by default.")
NEW_LINK = (URL, TRAP)
CHANGED_LINK = (NUMBER, replace(URL, required=False), TRAP)


def new_links(value: Any, name: str) -> tuple[Link, ...]:
    """Reads destinations, or objects of one and a trap; numbered from 1 in their order."""
    return tuple(
        _new_link(number, row, f"{name}[{number - 1}]") for number, row in enumerate(_rows(value, name), 1)
    )


def _new_link(number: int, row: Any, at: str) -> Link:
    if isinstance(row, str):
        return Link(number, checked(a_string(row, at), at))
    read = read_object(row, NEW_LINK, f"{at}.")
    return Link(number, read["url"], read.get("trap", False))


def link_changes(value: Any, name: str) -> tuple[LinkChange, ...]:
    """Reads corrections and new links."""
    places = ((f"{name}[{index}].", row) for index, row in enumerate(_rows(value, name)))
    return tuple(LinkChange(**read_object(row, CHANGED_LINK, at), at=at) for at, row in places)


def _rows(value: Any, name: str) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) > LAST_LINK:
        raise InvalidInput(name, f"must be an array of at most {LAST_LINK:,} links")
    return value


def parameter_names(value: Any, name: str) -> tuple[str, ...]:
    """Reads names of query parameters."""
    if not isinstance(value, list):
        raise InvalidInput(name, "must be an array of names")
    return check_names([a_string(row, f"{name}[{index}]") for index, row in enumerate(value)], name)


def _links_schema(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "array", "maxItems": LAST_LINK, "items": item}


ID = Field(
    "id",
    {"type": "string", "pattern": f"^{CAMPAIGN_PATTERN}$", "examples": ["spring"]},
    text(check_campaign_id),
    required=True,
    help="1 to 64 letters, digits, `.`, `_` or `-`, the first a letter or digit.",
)
NAME = Field(
    "name",
    {"type": "string", "minLength": 1, "maxLength": NAME_CHARS, "examples": ["Spring sale"]},
    text(check_name),
    help="Display name: 1 to 200 printable characters. Default: the id.",
)
SENT = Field(
    "sent", integer(0, MOST_SENT), whole(0, MOST_SENT), nullable=True, help="How many messages went out."
)
SENT_AT = Field("sent_at", MOMENT, moment, nullable=True, help="When they went out.")
BASE_URL = Field(
    "base_url",
    {"type": "string", "format": "uri", "maxLength": BASE_URL_CHARS},
    text(check_base_url),
    nullable=True,
    help="Public address in this campaign's URLs, when it is not the service's.",
)
PASSTHROUGH = Field(
    "passthrough",
    {
        "type": "array",
        "maxItems": MOST_NAMES,
        "items": {"type": "string", "pattern": f"^{NAME_PATTERN}$"},
    },
    parameter_names,
    help="Query parameters that links pass through to their destination; `[]` for none.",
)
NEW_LINKS = Field(
    "links",
    {
        **_links_schema({"oneOf": [URL_SCHEMA, object_schema(NEW_LINK)]}),
        "examples": [["https://shop.example/"]],
    },
    new_links,
    help="Destinations, numbered from 1 in this order.",
)
CHANGED_LINKS = Field(
    "links",
    {
        **_links_schema(object_schema(CHANGED_LINK)),
        "examples": [[{"number": 1, "url": "https://shop.example/new"}]],
    },
    link_changes,
    help="Corrections by number, also for mail already sent, and new links. Links not named here stay.",
)
ARCHIVED = Field(
    "archived", BOOLEAN, boolean, help="Hidden from lists. Its links keep working and its hits are counted."
)
ONLY_ARCHIVED = {"false": False, "true": True, "all": None}
LISTED = Field(
    "archived",
    options(*ONLY_ARCHIVED),
    choice(*ONLY_ARCHIVED),
    default="false",
    help="`true` lists only archived campaigns, `all` lists both. Default: without archived campaigns.",
)
NEW_CAMPAIGN = (ID, NAME, NEW_LINKS, SENT, SENT_AT, BASE_URL, PASSTHROUGH)
CHANGED_CAMPAIGN = (NAME, SENT, SENT_AT, BASE_URL, PASSTHROUGH, ARCHIVED, CHANGED_LINKS)


def list_campaigns(call: Call) -> object:
    """One page of campaigns in order of id."""
    limit = call.query["limit"]
    archived = ONLY_ARCHIVED[call.query["archived"]]
    campaigns = call.services.registry.campaigns(call.query["cursor"], limit + 1, archived)
    return page(campaigns, limit, lambda campaign: campaign.id, campaign_json)


def add_campaign(call: Call) -> object:
    """A new campaign. Raises `Conflict` when the id is taken."""
    facts = {"name": call.body["id"]} | dict(call.body)
    campaign = Campaign(**facts)
    call.services.registry.add_campaign(campaign)
    return answer_json(campaign_json(campaign), 201, {"location": f"/api/campaigns/{campaign.id}"})


def show_campaign(call: Call) -> object:
    """One campaign."""
    return campaign_json(call.services.registry.campaign(call.path["id"]))


def change_campaign(call: Call) -> object:
    """The campaign with what the body changes."""

    def change(campaign: Campaign) -> Campaign:
        links = changed_links(campaign.links, call.body.get("links", ()))
        return replace(campaign, **{**call.body, "links": links})

    registry = call.services.registry
    return campaign_json(registry.change_campaign(call.path["id"], change, call.by, call.now))


def remove_campaign(call: Call) -> object:
    """Nothing, once the campaign is deleted. Raises `Conflict` for one that may have been sent."""
    delete_campaign(call.services.store, call.services.registry, call.path["id"])
    return Response(status_code=204, headers=NO_STORE)
