"""The JSON schemas of what the API answers, by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from mailpixel.links.splicing.link_policy import Reason
from mailpixel.measure.console import ConsoleFigures
from mailpixel.measure.funnel import Funnel
from mailpixel.measure.lint import Lint
from mailpixel.measure.page_views import PageViews
from mailpixel.measure.reconciliation import Reconciliation
from mailpixel.measure.results import Results
from mailpixel.reading.shapes import each_once, schemas_of
from mailpixel.report.answer import Answer
from mailpixel.report.consents import ConsentsRow
from mailpixel.report.erasures import ErasureRow
from mailpixel.report.explanation import MessageRow
from mailpixel.report.export import EventRow
from mailpixel.report.inbound import AddedInboundRow, InboundRow
from mailpixel.report.links import CampaignRow, LinkRow
from mailpixel.report.mails import KeptMailRow
from mailpixel.report.person import PersonRow
from mailpixel.report.readiness import BeforeSendingRow
from mailpixel.report.recipients import RecipientRow
from mailpixel.report.shares import AddedShareRow, ShareRow
from mailpixel.report.site_checks import CheckedEnvelopeRow
from mailpixel.report.site_console import SeenEnvelopeRow
from mailpixel.report.sites import SiteRow
from mailpixel.report.summary import Summary
from mailpixel.report.timeline import BUCKETS
from mailpixel.report.timeline import CLICKS as TIMELINE_CLICKS
from mailpixel.report.timeline import OPENS as TIMELINE_OPENS
from mailpixel.report.visits import VisitDays, VisitRow
from mailpixel.report.webhooks import AddedWebhookRow, LetterRow, NewSecretRow, TrialRow, WebhookRow
from mailpixel.server.errors import CODES
from mailpixel.store.consents import Taken

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
BOOLEAN: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MAYBE_STRING: Schema = {"type": ["string", "null"]}
MAYBE_COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}
MAYBE_SECONDS: Schema = {"type": ["number", "null"], "minimum": 0}
SECONDS: Schema = {"type": "number", "minimum": 0}
MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}


def an_object(**properties: Schema) -> Schema:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def array(items: Schema) -> Schema:
    """Any number of items of one kind."""
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def counts(names: Sequence[str] | Mapping[str, str]) -> Schema:
    """An object whose values are counts."""
    return an_object(**dict.fromkeys(names, COUNT))


def word(*words: str) -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": list(words)}


def described(description: str, schema: Schema) -> Schema:
    """A schema with a sentence for people."""
    return {"description": description, **schema}


def a_page(item: str) -> Schema:
    """A page of a list."""
    return described(
        "One page; `next` is the cursor of the next one, null on the last.",
        an_object(items=array(ref(item)), next=MAYBE_STRING),
    )


REWRITTEN = {
    "html": STRING,
    "links": array(an_object(number=MAYBE_COUNT, url=STRING)),
    "skipped": array(an_object(href=STRING, reason=word(*Reason))),
    "choice_url": STRING,
    "notes": {
        "description": "Warnings about tracked links and about the pixel, as sentences.",
        **array(STRING),
    },
}

ERROR = an_object(code=word(*CODES.values()), message=STRING, field=MAYBE_STRING)


TAKEN = word(*Taken)
FRESHNESS = an_object(fresh=BOOLEAN, age_s={"type": "number", "minimum": 0})

ANSWERS: tuple[type[Answer], ...] = (
    CampaignRow,
    Summary,
    LinkRow,
    RecipientRow,
    EventRow,
    MessageRow,
    ShareRow,
    AddedShareRow,
    SiteRow,
    Funnel,
    Lint,
    Reconciliation,
    Results,
    InboundRow,
    AddedInboundRow,
    KeptMailRow,
    ConsentsRow,
    WebhookRow,
    AddedWebhookRow,
    NewSecretRow,
    LetterRow,
    TrialRow,
    PersonRow,
    BeforeSendingRow,
    ErasureRow,
    CheckedEnvelopeRow,
    SeenEnvelopeRow,
    ConsoleFigures,
    VisitDays,
    VisitRow,
    PageViews,
)
"""The answers whose schema is a Struct."""

WRITTEN: dict[str, Schema] = {
    "Error": described(
        "What went wrong; `field` names the field or parameter at fault, or is null.", an_object(error=ERROR)
    ),
    "Campaigns": a_page("Campaign"),
    "Timeline": described(
        "Counts by hour or day; a note says why `tz` is not the zone that was asked for.",
        an_object(
            bucket=word(*BUCKETS),
            tz=STRING,
            **{"from": MAYBE_MOMENT, "to": MAYBE_MOMENT},
            items=array(
                an_object(start=MOMENT, opens=counts(TIMELINE_OPENS), clicks=counts(TIMELINE_CLICKS))
            ),
            notes=array(an_object(field=STRING, reason=STRING)),
        ),
    ),
    "Links": a_page("Link"),
    "Recipients": a_page("Recipient"),
    "Shares": a_page("Share"),
    "Sites": a_page("Site"),
    "Inbounds": {
        "description": "All sources of delivery reports, in order of name.",
        **an_object(items={"type": "array", "items": ref("Inbound")}),
    },
    "Webhooks": described("All webhooks, in order of name.", an_object(items=array(ref("Webhook")))),
    "Letters": a_page("Letter"),
    "Retried": described("How many letters are tried again.", an_object(letters=COUNT)),
    "Minted": {
        "description": "The links of one recipient, `link_1` and so on; with `merge` a token.",
        "type": "object",
        "properties": {
            "recipient": STRING,
            "pixel_url": STRING,
            "token": STRING,
            "pseudonym": STRING,
            "choice_url": STRING,
        },
        "patternProperties": {"^link_[0-9]+$": STRING},
        "additionalProperties": False,
        "required": ["recipient"],
    },
    "MintedLine": {
        "description": "The links of one recipient, or the error of a line.",
        "oneOf": [ref("Minted"), ref("FaultyLine")],
    },
    "Rewritten": described("The mail with tracked links.", an_object(**REWRITTEN)),
    "RewrittenLine": {
        "description": "A tracked mail, or the error of a line.",
        "oneOf": [an_object(recipient=STRING, **REWRITTEN), ref("FaultyLine")],
    },
    "FaultyLine": described(
        "What was wrong with a line; `row` is null for an error of the whole stream.",
        an_object(row=MAYBE_COUNT, error=ERROR),
    ),
    "Delivered": {
        "description": "Numbers of deliveries: logged, left out because the recipient opted out, and failed.",
        **an_object(accepted=COUNT, opted_out=COUNT, failed=COUNT),
    },
    "DeliveredLine": {
        "description": "A row that was not accepted, by number. The last line counts all rows.",
        "oneOf": [
            ref("FaultyLine"),
            an_object(row=COUNT, opted_out={"type": "boolean", "const": True}),
            ref("Delivered"),
        ],
    },
    "Reported": described(
        "How many order events were logged, and how many failed. Of those that were logged and name their customer,"
        " `named` says of how many the customer is known, and `not_named` of how many the id was not kept, because"
        " `identify` is not in `consent`.",
        counts(["accepted", "failed", "named", "not_named"]),
    ),
    "ReportedLine": {
        "description": "A row that was not accepted, by number. The last line counts all rows.",
        "oneOf": [ref("FaultyLine"), ref("Reported")],
    },
    "ConsentRecorded": described("What became of a statement.", an_object(consent=TAKEN)),
    "ConsentRecordedLine": {
        "description": "What became of a line, by its number. The last line counts all of them.",
        "oneOf": [
            ref("FaultyLine"),
            an_object(row=COUNT, consent=TAKEN),
            counts([*Taken, "failed"]),
        ],
    },
    "ErasureLine": {
        "description": "What was wrong with a line. The last line is the proof of all others.",
        "oneOf": [ref("FaultyLine"), ref("Erasure")],
    },
    "Health": described("The process answers.", an_object(status=word("ok"))),
    "Readiness": described(
        "Whether hits are written and folded, and how far each consumer of the log is behind.",
        an_object(
            ready=BOOLEAN,
            log=word("ok", "failing"),
            pending_hits=COUNT,
            spool=an_object(bytes=COUNT, age_s=SECONDS, damaged=COUNT) | {"type": ["object", "null"]},
            fold=word("ok", "behind", "unknown"),
            fold_lag_s=MAYBE_SECONDS,
            consumers={"type": "object", "additionalProperties": an_object(lag_s=MAYBE_SECONDS)},
            put_aside=MAYBE_COUNT,
            retention_age_s=MAYBE_SECONDS,
            knowledge=an_object(
                **dict.fromkeys(("keys", "registry", "people", "rules", "salts", "database"), FRESHNESS)
            ),
        ),
    ),
    "Document": {"type": "object", "description": "This document."},
}

SCHEMAS = each_once(schemas_of(ANSWERS), WRITTEN)
