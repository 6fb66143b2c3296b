"""Request shapes for webhooks: to add one, to change one, to rotate its secret, to replay, to retry refused events."""

import re
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from mailpixel.errors import InvalidInput
from mailpixel.outbound import webhooks
from mailpixel.outbound.checks import MOST_BATCH, MOST_CAMPAIGNS, NAME_PATTERN, OFFERED, URL_CHARS, check_name
from mailpixel.outbound.webhooks import LONGEST_HOURS
from mailpixel.reading.shapes import Moment, Shape, Text
from mailpixel.server.api.campaign_shapes import CampaignId, Url
from mailpixel.store.webhooks import WebhookState
from mailpixel.times import to_ms


class WebhookName(Text, check=check_name, pattern=f"^{NAME_PATTERN}$"):
    """The name of a webhook."""


def check_event_id(text: str, field: str) -> str:
    """The id of an event in hexadecimal digits. Raises `InvalidInput`."""
    if not re.fullmatch("[0-9a-f]{32}", text):
        raise InvalidInput(field, "must be the id of an event: 32 hexadecimal digits in lower case")
    return text


class EventId(Text, check=check_event_id, pattern="^[0-9a-f]{32}$"):
    """The id of an event."""


EventType = Literal["opened", "clicked", "delivered", "bounced", "complained", "opted_out", "person.erased"]
Receiver = Annotated[
    Url,
    Meta(
        description=f"Where to post: https, at most {URL_CHARS:,} characters. Private addresses are refused.",
        examples=["https://crm.example/hooks"],
    ),
]
Events = Annotated[
    tuple[EventType, ...],
    Meta(
        max_length=len(OFFERED),
        description="Types of events. `[]` means all but `person.erased`.",
        examples=[["opened", "clicked"]],
    ),
]
Campaigns = Annotated[
    tuple[CampaignId, ...],
    Meta(max_length=MOST_CAMPAIGNS, description="Post only events of these campaigns. `[]` means all."),
]
Verdicts = Annotated[
    Literal["human", "all"],
    Meta(
        description="`human`: only opens and clicks of people, without repeats. `all`: also machines and repeats."
    ),
]
Batch = Annotated[int, Meta(ge=1, le=MOST_BATCH, description="Put up to this many events into one post.")]
Insecure = Annotated[bool, Meta(description="Allow http, for tests.")]


class NewWebhook(Shape, frozen=True):
    """A webhook to add."""

    name: Annotated[
        WebhookName,
        Meta(
            description="1 to 64 letters, digits, `_` or `-`, the first a letter or digit.", examples=["crm"]
        ),
    ]
    url: Receiver
    events: Events = ()
    campaigns: Campaigns = ()
    verdicts: Verdicts = "human"
    batch: Batch = 1
    insecure: Insecure = False
    since: Annotated[
        Moment | UnsetType,
        Meta(description="Begin with events received at this moment. Default: post only new events."),
    ] = UNSET

    def webhook(self) -> webhooks.NewWebhook:
        """What is asked for."""
        given = self.given()
        since = given.pop("since", None)
        return webhooks.NewWebhook(**given, since_ms=None if since is None else to_ms(since))


class WebhookEdit(Shape, frozen=True):
    """Changes to a webhook. Fields left out stay as they are, and the webhook continues where it was."""

    url: Receiver | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    campaigns: Campaigns | UnsetType = UNSET
    verdicts: Verdicts | UnsetType = UNSET
    batch: Batch | UnsetType = UNSET
    insecure: Insecure | UnsetType = UNSET
    state: Annotated[
        WebhookState | UnsetType,
        Meta(description="`stopped` posts nothing; `running` continues where it stopped."),
    ] = UNSET

    def change(self) -> webhooks.WebhookChange:
        """What is asked for."""
        return webhooks.WebhookChange(**self.given())


class Rotation(Shape, frozen=True):
    """Make a new secret; for a while, posts are signed with the old one, too."""

    hours: Annotated[
        int, Meta(ge=0, le=LONGEST_HOURS, description="Sign with the old secret, too, for this many hours.")
    ] = 24


class Replay(Shape, frozen=True):
    """Post past events again, with the same ids."""

    since: Annotated[
        Moment,
        Meta(
            description="Post everything again that was received since this moment.",
            examples=["2026-11-27T00:00:00Z"],
        ),
    ]


class Retry(Shape, frozen=True):
    """Post refused events again."""

    event: Annotated[
        EventId | UnsetType, Meta(description="The id of a refused event. Default: all of them.")
    ] = UNSET
