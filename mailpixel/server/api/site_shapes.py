"""Request shapes for web sites: to add one, to change one, to list them."""

from typing import Annotated, ClassVar, Literal, Self

from msgspec import UNSET, Meta, UnsetType

from mailpixel.claims import CAMPAIGN_PATTERN
from mailpixel.errors import InvalidInput
from mailpixel.links.passthrough import NAME_PATTERN
from mailpixel.reading.shapes import Schema, Shape, Text, a_string
from mailpixel.server.api.query import PageOptions
from mailpixel.sites import (
    HOST_CHARS,
    HOST_PATTERN,
    MOST_FIELDS,
    MOST_HOSTS,
    MOST_KEPT,
    MOST_NAMES,
    SiteChange,
    check_site_id,
)

NAME_SCHEMA = {"type": "string", "pattern": "^(?!refund$)[a-z][a-z0-9_]{0,39}$"}
HOST_SCHEMA = {"type": "string", "maxLength": HOST_CHARS, "pattern": HOST_PATTERN}


class SiteId(Text, check=check_site_id, pattern=f"^(?!new$){CAMPAIGN_PATTERN}$"):
    """The id of a new site."""


class Texts(tuple[str, ...]):
    """A list of texts, which `mailpixel.sites` checks one by one."""

    schema: ClassVar[Schema] = {"type": "array", "items": {"type": "string"}}

    @classmethod
    def read(cls, value: object) -> Self:
        """The texts of a JSON array. Raises `InvalidInput` without a field."""
        if not isinstance(value, list):
            raise InvalidInput("", "must be an array of strings")
        return cls(a_string(row, f"[{index}]") for index, row in enumerate(value))


class Hosts(Texts):
    """Hosts of a site."""

    schema: ClassVar[Schema] = {"type": "array", "minItems": 1, "maxItems": MOST_HOSTS, "items": HOST_SCHEMA}


class EventNames(Texts):
    """Names of events."""

    schema: ClassVar[Schema] = {"type": "array", "maxItems": MOST_NAMES, "items": NAME_SCHEMA}


class QueryNames(Texts):
    """Names of query parameters."""

    schema: ClassVar[Schema] = {
        "type": "array",
        "maxItems": MOST_KEPT,
        "items": {"type": "string", "pattern": f"^{NAME_PATTERN}$"},
    }


class TrackingPlan(dict[str, tuple[str, ...]]):
    """Required fields by name of an event, which `mailpixel.sites` checks."""

    schema: ClassVar[Schema] = {
        "type": "object",
        "maxProperties": MOST_NAMES,
        "propertyNames": {"pattern": NAME_SCHEMA["pattern"]},
        "additionalProperties": {
            "type": "array",
            "maxItems": MOST_FIELDS,
            "items": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"},
        },
    }

    @classmethod
    def read(cls, value: object) -> Self:
        """The plan of a JSON object. Raises `InvalidInput` without a field."""
        if not isinstance(value, dict):
            raise InvalidInput("", "must be an object: required fields by name of the event")
        return cls({a_string(name): Texts.read(fields) for name, fields in value.items()})


OwnHosts = Annotated[
    Hosts,
    Meta(
        description="Hosts whose pages, and those of hosts below them, may send events: without scheme and port.",
        examples=[["shop.example"]],
    ),
]
Ask = Annotated[
    bool | UnsetType, Meta(description="Nothing is sent before the visitor agreed. Default: true.")
]
Names = Annotated[
    EventNames | UnsetType,
    Meta(description="Names of events of its own, beside those that every site knows."),
]
Keep = Annotated[
    QueryNames | UnsetType,
    Meta(
        description="Query parameters that stay in the addresses of its pages, beside `utm_*` and click ids of ads."
    ),
]
Plan = Annotated[
    TrackingPlan | UnsetType,
    Meta(
        description="The tracking plan: required fields by name of the event.", examples=[{"wish": ["title"]}]
    ),
]
CookieDomain = Annotated[
    Annotated[str, Meta(max_length=HOST_CHARS)] | UnsetType,
    Meta(
        description="Where a visitor who agreed is known again: one of the hosts, or a domain above one. "
        "Default: only the host of the page."
    ),
]


class NewSite(Shape, frozen=True):
    """A web site to register."""

    id: Annotated[
        SiteId,
        Meta(
            description="1 to 64 letters, digits, `.`, `_` or `-`, the first a letter or digit; not `new`.",
            examples=["shop"],
        ),
    ]
    hosts: OwnHosts
    ask: Ask = UNSET
    names: Names = UNSET
    keep: Keep = UNSET
    plan: Plan = UNSET
    cookie_domain: CookieDomain = UNSET

    def change(self) -> SiteChange:
        """What to set."""
        return SiteChange(**{name: value for name, value in self.given().items() if name != "id"})


class SiteEdit(Shape, frozen=True):
    """Changes to a web site. Fields left out stay as they are."""

    hosts: OwnHosts | UnsetType = UNSET
    ask: Ask = UNSET
    names: Names = UNSET
    keep: Keep = UNSET
    plan: Plan = UNSET
    cookie_domain: CookieDomain = UNSET
    archived: Annotated[
        bool | UnsetType, Meta(description="Left out of lists, and no more events are logged.")
    ] = UNSET

    def change(self) -> SiteChange:
        """What to set."""
        return SiteChange(**self.given())


class SitePage(PageOptions, frozen=True):
    """A page of sites."""

    archived: Annotated[
        Literal["false", "true", "all"],
        Meta(
            description="`true` lists only archived sites, `all` lists both. Default: without archived sites."
        ),
    ] = "false"
