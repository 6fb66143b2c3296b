"""What a shop's server reports about its orders: one order as a JSON object, or lines of them, as events."""

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from mailpixel.errors import InvalidInput
from mailpixel.event_ids import reported_claim
from mailpixel.kinds import EventKind
from mailpixel.model import Event
from mailpixel.reading.lines import LINE_BYTES, Numbered
from mailpixel.reading.shapes import Schema, Shape, a_string
from mailpixel.site.event import ID
from mailpixel.site.names import PURCHASE
from mailpixel.site.orders import CANCEL, REFUND, ServerOrder, read_order
from mailpixel.site_model import Site, body_of

KINDS = {PURCHASE: EventKind.PURCHASE, REFUND: EventKind.REFUND, CANCEL: EventKind.CANCEL}
ReadClick = Callable[[str], bytes | None]


class _NumberOrText(str):
    """A text, also where it was sent as a number."""

    schema: ClassVar[Schema]

    @classmethod
    def read(cls, value: object) -> Self:
        """The text. Raises `InvalidInput` without a field."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls(json.dumps(value))
        return cls(a_string(value))


class OrderId(_NumberOrText):
    """The shop's id of an order."""

    schema: ClassVar[Schema] = {
        "oneOf": [{"type": "string", "pattern": f"^{ID.pattern}$"}, {"type": "integer", "minimum": 0}]
    }


class Amount(_NumberOrText):
    """An amount of money in its currency."""

    schema: ClassVar[Schema] = {
        "oneOf": [
            {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$"},
            {"type": "number", "minimum": 0, "maximum": 1_000_000_000_000},
        ]
    }


class When(_NumberOrText):
    """A moment in ISO 8601, or milliseconds since 1970."""

    schema: ClassVar[Schema] = {
        "oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer", "minimum": 0}]
    }


class Items(list[Any]):
    """The items of an order."""

    schema: ClassVar[Schema] = {
        "type": "array",
        "maxItems": 200,
        "items": {
            "type": "object",
            "properties": {
                "item_id": {"type": "string"},
                "item_name": {"type": "string"},
                "price": Amount.schema,
                "quantity": {"type": "number"},
            },
        },
    }

    @classmethod
    def read(cls, value: object) -> Self:
        """The items. Raises `InvalidInput` without a field."""
        if not isinstance(value, list):
            raise InvalidInput("", "must be an array")
        return cls(value)


class ReportedOrder(Shape, frozen=True):
    """A purchase, a refund or a cancellation, as the shop's server knows it."""

    order: Annotated[OrderId, Meta(description="The shop's id of the order.", examples=["1001"])]
    name: Annotated[
        Literal["purchase", "refund", "cancel"], Meta(description="What happened.", examples=["purchase"])
    ]
    at: Annotated[When | UnsetType, Meta(description="When, up to 90 days ago. Default: now.")] = UNSET
    value: Annotated[
        Amount | UnsetType,
        Meta(description="The amount of the order or refund; not needed to cancel.", examples=["20.00"]),
    ] = UNSET
    currency: Annotated[str | UnsetType, Meta(description="ISO 4217.", examples=["EUR"])] = UNSET
    tax: Annotated[Amount | UnsetType, Meta(description="The tax in it.")] = UNSET
    shipping: Annotated[Amount | UnsetType, Meta(description="The cost of shipping in it.")] = UNSET
    items: Annotated[Items | UnsetType, Meta(description="What was bought.")] = UNSET
    new_customer: Annotated[bool | UnsetType, Meta(description="Whether it is the first order.")] = UNSET
    recipient: Annotated[
        str | UnsetType,
        Meta(description="The customer's id as a recipient of mail; kept with `identify` in `consent`."),
    ] = UNSET
    click: Annotated[
        str | UnsetType,
        Meta(description="`mp_cid` of the customer's visit; kept with `identify` in `consent`."),
    ] = UNSET
    event_id: Annotated[
        str | UnsetType,
        Meta(description="The id that the browser gave the purchase. Default: `purchase:` and the order id."),
    ] = UNSET
    consent: Annotated[
        Annotated[tuple[str, ...], Meta(max_length=20)] | UnsetType,
        Meta(description="What the customer agreed to: measure, identify, share, personalise."),
    ] = UNSET
    refund_id: Annotated[
        str | UnsetType, Meta(description="The shop's id of the refund, so that it counts once.")
    ] = UNSET

    @property
    def line(self) -> bytes:
        """The order as a line of JSON."""
        fields: dict[str, Any] = self.given()
        if str(fields.get("at", "")).isdecimal():
            fields["at"] = int(fields["at"])
        return json.dumps(fields).encode()


def _refuses_nothing(recipient: str) -> bool:
    return False


class OrderReader:
    """Reads what the server of one site reports. `now_ms` is the present moment.

    `refuses` says whether a recipient may not be named: who opted out or was erased. Their orders name nobody.
    """

    def __init__(
        self,
        site: Site,
        now_ms: int,
        read_click: ReadClick,
        refuses: Callable[[str], bool] = _refuses_nothing,
    ) -> None:
        self._refuses = refuses
        self._site = site
        self._now_ms = now_ms
        self._read_click = read_click

    def event(self, line: bytes | None) -> Event:
        """The event of one line. Raises `InvalidInput`, which names the field."""
        if line is None:
            raise InvalidInput("line", f"is longer than {LINE_BYTES:,} bytes; send one order per line")
        order = read_order(line, self._now_ms, self._read_click)
        if order.claim.recipient and self._refuses(order.claim.recipient):
            order = replace(order, claim=replace(order.claim, recipient="", click=""))
        return order_event(self._site, order)

    def read(self, lines: Sequence[Numbered]) -> list[Event | InvalidInput]:
        """For each line its event, or its fault."""
        return [self._read(line) for _, line in lines]

    def _read(self, line: bytes | None) -> Event | InvalidInput:
        try:
            return self.event(line)
        except InvalidInput as fault:
            return fault


def order_event(site: Site, order: ServerOrder) -> Event:
    """The event of a report. The same report has the same event id, so it is logged once."""
    claim = order.claim
    return reported_claim(KINDS[order.name], (site.orders, order.order_id), claim.at_ms, body_of(claim))
