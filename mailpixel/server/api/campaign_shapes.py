"""Request shapes for campaigns: to add one, to change one, to list them."""

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

from msgspec import UNSET, Meta, UnsetType

from mailpixel.campaigns import MOST_SENT, NAME_CHARS, LinkChange, changed_links, check_name, check_new_id
from mailpixel.claims import CAMPAIGN_PATTERN, LAST_LINK, check_campaign_id
from mailpixel.errors import InvalidInput
from mailpixel.links.destination import checked
from mailpixel.links.passthrough import MOST_NAMES, NAME_PATTERN, check_names
from mailpixel.links.urls import BASE_URL_CHARS, check_base_url
from mailpixel.model import Campaign, Link
from mailpixel.modes import MODES_PATTERN, parse_modes
from mailpixel.reading.shapes import Moment, Schema, Shape, Text, a_string
from mailpixel.report.readiness import BECAUSE_CHARS
from mailpixel.server.api.query import PageOptions
from mailpixel.store.campaigns import SEARCH_CHARS


class Url(Text, check=checked, format="uri", pattern="^ *[Hh][Tt][Tt][Pp][Ss]?://[^/?#]", maxLength=65_536):
    """A destination URL in the form a browser gives it."""


class CampaignId(Text, check=check_campaign_id, pattern=f"^{CAMPAIGN_PATTERN}$"):
    """The id of a campaign."""


class NewId(Text, check=check_new_id, pattern=f"^(?!new$){CAMPAIGN_PATTERN}$"):
    """The id of a campaign that is to be registered."""


class CampaignName(Text, check=check_name, minLength=1, maxLength=NAME_CHARS):
    """The display name of a campaign."""


class BaseUrl(Text, check=check_base_url, format="uri", maxLength=BASE_URL_CHARS):
    """The public address of a service."""


class Parameters(tuple[str, ...]):
    """Names of query parameters, each once."""

    schema: ClassVar[Schema] = {
        "type": "array",
        "maxItems": MOST_NAMES,
        "items": {"type": "string", "pattern": f"^{NAME_PATTERN}$"},
    }

    @classmethod
    def read(cls, value: object) -> Self:
        """The names of a JSON array. Raises `InvalidInput` without a field."""
        if not isinstance(value, list):
            raise InvalidInput("", "must be an array of names")
        return cls(check_names([a_string(row, f"[{index}]") for index, row in enumerate(value)], ""))


class ModesText(Text, check=lambda text, field: parse_modes(text, field).text, pattern=MODES_PATTERN):
    """The most that is recorded of opens and clicks."""


Name = Annotated[
    CampaignName | UnsetType,
    Meta(
        description="Display name: 1 to 200 printable characters. Default: the id.", examples=["Spring sale"]
    ),
]
Sent = Annotated[
    Annotated[int, Meta(ge=0, le=MOST_SENT)] | UnsetType | None,
    Meta(description="Number of messages sent."),
]
SentAt = Annotated[Moment | UnsetType | None, Meta(description="When the messages were sent.")]
OwnBaseUrl = Annotated[
    BaseUrl | UnsetType | None,
    Meta(description="Public address in this campaign's URLs. Default: the address of the service."),
]
Passthrough = Annotated[
    Parameters | UnsetType,
    Meta(description="Query parameters that links pass through to their destination. `[]` means none."),
]
Destination = Annotated[Url, Meta(description="Where the link leads: http or https.")]
OwnModes = Annotated[
    ModesText | UnsetType | None,
    Meta(
        description="The most that is recorded of its recipients: `off`, `aggregate`, `deliverability`, `individual`, "
        "`full`, or one for each, like `opens=aggregate,clicks=individual`. Default: that of the service.",
        examples=["individual"],
    ),
]
Carry = Annotated[
    bool | UnsetType,
    Meta(
        description="Redirects to hosts of registered sites carry the click on in `mp_cid`, to see which visits and "
        "orders it leads to. Default: false."
    ),
]
TRAP = Meta(description="Hidden from readers, so that only a machine follows it. Default: false.")


class NewLink(Shape, frozen=True):
    """A destination that may be a trap."""

    url: Destination
    trap: Annotated[bool, TRAP] = False


class ChangedLink(Shape, frozen=True):
    """A correction of a link by its number, or a new link."""

    number: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=LAST_LINK,
                description="The link to correct. Default: the next free number, for a new link.",
            ),
        ]
        | UnsetType
    ) = UNSET
    url: Destination | UnsetType = UNSET
    trap: Annotated[bool | UnsetType, TRAP] = UNSET


class NewCampaign(Shape, frozen=True):
    """A campaign to register."""

    id: Annotated[
        NewId,
        Meta(
            description="1 to 64 letters, digits, `.`, `_` or `-`, the first a letter or digit; not `new`.",
            examples=["spring"],
        ),
    ]
    name: Name = UNSET
    links: Annotated[
        tuple[Annotated[str, Meta(extra_json_schema=dict(Url.schema))] | NewLink, ...],
        Meta(
            max_length=LAST_LINK,
            description="Destinations, numbered from 1 in this order.",
            examples=[["https://shop.example/"]],
        ),
    ] = ()
    sent: Sent = UNSET
    sent_at: SentAt = UNSET
    base_url: OwnBaseUrl = UNSET
    passthrough: Passthrough = UNSET
    mode: OwnModes = UNSET
    carry: Carry = UNSET

    def campaign(self) -> Campaign:
        """The campaign. Raises `InvalidInput` for an invalid destination."""
        links = tuple(_new_link(number, row) for number, row in enumerate(self.links, 1))
        return Campaign(**{"name": self.id, **_fields(self), "links": links})


class CampaignChange(Shape, frozen=True):
    """Changes to a campaign. Fields left out stay as they are."""

    name: Name = UNSET
    sent: Sent = UNSET
    sent_at: SentAt = UNSET
    base_url: OwnBaseUrl = UNSET
    passthrough: Passthrough = UNSET
    mode: OwnModes = UNSET
    carry: Carry = UNSET
    archived: Annotated[
        bool | UnsetType,
        Meta(description="Hidden from lists. Its links keep working and its hits are counted."),
    ] = UNSET
    links: Annotated[
        tuple[ChangedLink, ...],
        Meta(
            max_length=LAST_LINK,
            description="Corrections by number, also for mail already sent, and new links. Other links stay.",
            examples=[[{"number": 1, "url": "https://shop.example/new"}]],
        ),
    ] = ()

    def changed(self, campaign: Campaign) -> Campaign:
        """The changed campaign. Raises `InvalidInput` for an invalid link."""
        links = (LinkChange(**each.given(), at=f"links[{index}].") for index, each in enumerate(self.links))
        return replace(campaign, **{**_fields(self), "links": changed_links(campaign.links, links)})


class ReadyOptions(Shape, frozen=True):
    """What is looked at before sending."""

    destinations: Annotated[
        bool,
        Meta(
            description="Ask each destination, too: its last status, redirects, https and time. Default: false."
        ),
    ] = False


class NewOverride(Shape, frozen=True):
    """A reason against sending that does not count, and why."""

    reason: Annotated[str, Meta(description="The name of the reason.", examples=["trap"])]
    because: Annotated[
        Annotated[str, Meta(max_length=BECAUSE_CHARS)] | None,
        Meta(
            description="Why it does not count; it is kept and shown. Null: it counts again.",
            examples=["plain mail"],
        ),
    ]


class CampaignPage(PageOptions, frozen=True):
    """A page of campaigns."""

    archived: Annotated[
        Literal["false", "true", "all"],
        Meta(
            description="`true` lists only archived campaigns, `all` lists both. Default: without archived campaigns."
        ),
    ] = "false"
    order: Annotated[
        Literal["id", "sent"],
        Meta(
            description="`sent` lists drafts, then the newest sending first, then those with `sent` but without "
            "`sent_at`. A draft has neither. Default: by id."
        ),
    ] = "id"
    q: Annotated[
        str,
        Meta(
            max_length=SEARCH_CHARS,
            description="Only campaigns with this text in name or id, in upper or lower case. Needs `order=sent`.",
        ),
    ] = ""


ONLY_ARCHIVED = {"false": False, "true": True, "all": None}


def _fields(shape: Shape) -> dict[str, Any]:
    """The fields of a campaign that are given."""
    given = shape.given()
    return given | ({"mode": parse_modes(given["mode"])} if given.get("mode") else {})


def _new_link(number: int, row: str | NewLink) -> Link:
    if isinstance(row, NewLink):
        return Link(number, row.url, row.trap)
    at = f"links[{number - 1}]"
    return Link(number, checked(a_string(row, at), at))
