"""The API as one ordered table: every endpoint with its input, scope and answer."""

from functools import cache
from typing import Any

from starlette.responses import Response

from mailpixel.reading.consents import ReportedConsent
from mailpixel.reading.deliveries import Delivery
from mailpixel.reading.orders import ReportedOrder
from mailpixel.server.api import (
    campaign_shapes,
    campaigns,
    consents,
    inbound,
    live,
    mails,
    people,
    reports,
    rewrites,
    shares,
    site_checks,
    site_orders,
    site_reports,
    site_shapes,
    sites,
    streams,
    webhook_shapes,
    webhooks,
)
from mailpixel.server.api.endpoint import Call, Endpoint, routes
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.openapi import document_of
from mailpixel.server.api.query import PageOptions

CAMPAIGN = "/api/campaigns/{id}"
WEBHOOK = "/api/webhooks/{name}"
SITE = "/api/sites/{id}"
PERSON = "/api/people/{recipient:path}"
FILES = ("application/x-ndjson", "text/csv", "application/vnd.apache.parquet")


@cache
def document(base_url: str) -> dict[str, Any]:
    """The OpenAPI document of this table, for a service at this public address."""
    return document_of(ENDPOINTS, base_url)


@cache
def _written(base_url: str) -> Response:
    """The document as an answer, encoded once: it needs no key, and encoding takes as long as two hundred pixels."""
    return answer_json(document(base_url))


def show_document(call: Call) -> object:
    """Answer with the document."""
    return _written(call.services.settings.base_url)


# fmt: off
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/api/campaigns", campaigns.list_campaigns, "read",
             "List campaigns by id or by sending, and search them.", "Campaigns", query=campaign_shapes.CampaignPage),
    Endpoint("POST", "/api/campaigns", campaigns.add_campaign, "write",
             "Register a campaign with its links.", "Campaign", body=campaign_shapes.NewCampaign, status=201,
             fails=(409,)),
    Endpoint("GET", CAMPAIGN, campaigns.show_campaign, "read",
             "Show a campaign with its links.", "Campaign"),
    Endpoint("PATCH", CAMPAIGN, campaigns.change_campaign, "write",
             "Change a campaign, correct or add links, also for mail already sent.", "Campaign",
             body=campaign_shapes.CampaignChange),
    Endpoint("DELETE", CAMPAIGN, campaigns.remove_campaign, "write",
             "Delete a campaign that was never sent.", None, status=204, fails=(409,)),
    Endpoint("GET", f"{CAMPAIGN}/ready", campaigns.ready, "read",
             "Check a campaign before it is sent: every reason against it.", "BeforeSending",
             query=campaign_shapes.ReadyOptions),
    Endpoint("POST", f"{CAMPAIGN}/ready", campaigns.override, "write",
             "Let a reason against sending not count, and keep why; or let it count again.", "BeforeSending",
             body=campaign_shapes.NewOverride),
    Endpoint("GET", f"{CAMPAIGN}/summary", reports.summary, "read",
             "Count opens and clicks, with rates, their definitions and their range.", "Summary"),
    Endpoint("GET", f"{CAMPAIGN}/results", site_reports.results, "read",
             "Count visits, orders and revenue on web sites that a campaign led to: known, and estimated.", "Results"),
    Endpoint("GET", f"{CAMPAIGN}/timeline", reports.timeline, "read",
             "Count opens and clicks by hour or day in a time zone.", "Timeline",
             query=reports.TimelineOptions,
             media=("application/json", "text/csv")),
    Endpoint("GET", f"{CAMPAIGN}/links", reports.links, "read",
             "List links with their clicks and their former destinations.", "Links", query=PageOptions),
    Endpoint("GET", f"{CAMPAIGN}/recipients", reports.recipients, "read",
             "List the results of each recipient, by page as JSON or all of them as CSV, NDJSON or Parquet.",
             "Recipients", query=reports.RecipientOptions, media=("application/json", *FILES), row="Recipient",
             fails=(501,)),
    Endpoint("GET", f"{CAMPAIGN}/events", reports.events, "read",
             "Stream every event with its verdict, as NDJSON, CSV or Parquet.", "Event",
             query=reports.EventOptions, media=FILES, fails=(501,)),
    Endpoint("GET", f"{CAMPAIGN}/stream", live.stream, "read",
             "Stream figures, hits and jobs as they change, as server-sent events.", "Summary",
             query=live.StreamOptions, media=("text/event-stream",), sessions=True),
    Endpoint("GET", CAMPAIGN + "/messages/{recipient:path}", reports.message, "read",
             "Explain every hit of one message: verdict, rule and reasons.", "Message",
             query=reports.MessageOptions),
    Endpoint("GET", f"{CAMPAIGN}/shares", shares.list_shares, "read",
             "List the shares of a campaign, also expired and revoked ones.", "Shares", query=PageOptions),
    Endpoint("POST", f"{CAMPAIGN}/shares", shares.add, "write",
             "Share the figures of a campaign, without its recipients, with whoever has the address.", "AddedShare",
             body=shares.NewShare, status=201),
    Endpoint("DELETE", "/api/shares/{id}", shares.revoke, "write",
             "Revoke a share.", None, status=204),
    Endpoint("POST", f"{CAMPAIGN}/mint", streams.mint_one, "write",
             "Sign the links of one recipient, or of a stream of them.", "Minted", body=streams.ToMint, lines=True,
             query=streams.MintOptions, stream=streams.mint),
    Endpoint("POST", f"{CAMPAIGN}/rewrite", rewrites.rewrite, "write",
             "Track the HTML of one recipient's mail, or of a stream of them, and register its links.", "Rewritten",
             body=rewrites.Mail, query=rewrites.MailStyle, stream=rewrites.rewrite_lines),
    Endpoint("PUT", f"{CAMPAIGN}/mail", mails.keep, "write",
             "Keep the mail of a campaign for its click map, in place of the one kept before.", "KeptMail",
             query=mails.KeepOptions, takes=mails.MAIL_TYPES),
    Endpoint("GET", f"{CAMPAIGN}/mail", mails.give, "read",
             "Return the kept mail: its HTML as it came.", None, media=("application/octet-stream",)),
    Endpoint("DELETE", f"{CAMPAIGN}/mail", mails.drop, "write",
             "Delete the kept mail.", None, status=204),
    Endpoint("POST", f"{CAMPAIGN}/deliveries", streams.deliver_one, "write",
             "Log one delivery, or a stream of them.", "Delivered", body=Delivery, lines=True,
             stream=streams.deliveries),
    Endpoint("GET", "/api/sites", sites.list_sites, "read",
             "List web sites by id.", "Sites", query=site_shapes.SitePage),
    Endpoint("POST", "/api/sites", sites.add, "write",
             "Register a web site; the answer has its key.", "Site", body=site_shapes.NewSite, status=201,
             fails=(409,)),
    Endpoint("GET", SITE, sites.show, "read",
             "Show a web site.", "Site"),
    Endpoint("PATCH", SITE, sites.change, "write",
             "Change or archive a web site. Its key stays.", "Site", body=site_shapes.SiteEdit),
    Endpoint("POST", f"{SITE}/check", site_checks.check, "read",
             "Show what would become of what a page sends. Nothing is logged.", "CheckedEnvelope",
             body=site_checks.ToCheck),
    Endpoint("POST", f"{SITE}/orders", site_orders.report_one, "write",
             "Log a purchase, refund or cancellation of the shop's server, or a stream of them.", "Reported",
             body=ReportedOrder, lines=True, stream=site_orders.report),
    Endpoint("GET", f"{SITE}/console", site_checks.console, "read",
             "Stream what pages sent last and send now, as server-sent events.", "SeenEnvelope",
             media=("text/event-stream",), sessions=True),
    Endpoint("GET", f"{SITE}/console/figures", site_reports.show_figures, "read",
             "Show figures about what pages send now: clocks, speed, answers, refused names.", "ConsoleFigures"),
    Endpoint("GET", f"{SITE}/funnel", site_reports.funnel, "read",
             "Count visitors along steps: people, machines beside them, and what is not known.", "Funnel",
             query=site_reports.FunnelOptions),
    Endpoint("GET", f"{SITE}/visits", site_reports.visits, "read",
             "Count visits by day: people, machines, and the operator's own.", "VisitDays",
             query=site_reports.PeriodOptions),
    Endpoint("GET", SITE + "/visits/{visitor}", site_reports.visit, "read",
             "Explain one visit: every event, its verdict, rule and reasons.", "Visit"),
    Endpoint("GET", f"{SITE}/pages", site_reports.pages, "read",
             "Count page views by day and page, of people and of machines.", "PageViews",
             query=site_reports.PeriodOptions),
    Endpoint("GET", f"{SITE}/lint", site_reports.show_lint, "read",
             "Look for faults in the events of a site, and show figures about them.", "Lint"),
    Endpoint("GET", f"{SITE}/orders", site_reports.orders, "read",
             "Compare the orders that pages reported with those of the shop's server.", "Reconciliation",
             query=site_reports.PeriodOptions),
    Endpoint("POST", "/api/consents", consents.record_one, "privacy",
             "Record what people agreed to or refused: one statement, or a stream of them.", "ConsentRecorded",
             body=ReportedConsent, lines=True, query=consents.ConsentOptions, stream=consents.record),
    Endpoint("GET", f"{PERSON}/consents", consents.show, "privacy",
             "Show what holds for a person, and all that they said.", "Consents"),
    Endpoint("POST", f"{PERSON}/optout", people.stop, "privacy",
             "Stop counting a person, also in mail already sent.", None, status=204),
    Endpoint("GET", PERSON, people.show, "privacy",
             "Show everything that is stored about a person.", "Person"),
    Endpoint("DELETE", PERSON, people.erase, "privacy",
             "Erase a person and leave them out from now on; 202 while bytes may be left in files.", "Erasure"),
    Endpoint("POST", "/api/erasures", people.erase_one, "privacy",
             "Erase one person, or a stream of them.", "Erasure", body=people.ToErase, lines=True,
             stream=people.erase_lines),
    Endpoint("GET", "/api/erasures/{id}", people.show_erasure, "privacy",
             "Show the proof of an erasure as it stands now.", "Erasure"),
    Endpoint("GET", "/api/inbound", inbound.list_inbound, "write",
             "List the sources of delivery reports.", "Inbounds"),
    Endpoint("POST", "/api/inbound", inbound.add_inbound, "write",
             "Add a source of delivery reports; its URL and key are shown only once.", "AddedInbound",
             body=inbound.NewInbound, status=201, fails=(409, 501)),
    Endpoint("DELETE", "/api/inbound/{name}", inbound.remove_inbound, "write",
             "Remove a source of delivery reports.", None, status=204),
    Endpoint("GET", "/api/webhooks", webhooks.list_webhooks, "write",
             "List webhooks: what they post, how many events wait, and the last answer.", "Webhooks"),
    Endpoint("POST", "/api/webhooks", webhooks.add, "write",
             "Add a webhook; its secret is shown only once.", "AddedWebhook",
             body=webhook_shapes.NewWebhook, status=201, fails=(409, 501)),
    Endpoint("GET", WEBHOOK, webhooks.show, "write",
             "Show a webhook and how posting goes.", "Webhook"),
    Endpoint("PATCH", WEBHOOK, webhooks.change, "write",
             "Change, stop or start a webhook.", "Webhook", body=webhook_shapes.WebhookEdit),
    Endpoint("DELETE", WEBHOOK, webhooks.remove, "write",
             "Remove a webhook, its secret and its refused events.", None, status=204),
    Endpoint("POST", f"{WEBHOOK}/test", webhooks.test, "write",
             "Post a test, and show what the receiver answers.", "Trial", fails=(501,)),
    Endpoint("POST", f"{WEBHOOK}/rotate", webhooks.rotate, "write",
             "Make a new secret, shown only once. For a while, posts are signed with both.", "NewSecret",
             body=webhook_shapes.Rotation, fails=(501,)),
    Endpoint("POST", f"{WEBHOOK}/replay", webhooks.replay, "write",
             "Post past events again, with the same ids.", "Webhook", body=webhook_shapes.Replay),
    Endpoint("GET", f"{WEBHOOK}/letters", webhooks.letters, "write",
             "List the events that the receiver refused.", "Letters", query=PageOptions),
    Endpoint("POST", f"{WEBHOOK}/retry", webhooks.retry, "write",
             "Post refused events again.", "Retried", body=webhook_shapes.Retry),
    Endpoint("GET", "/api/openapi.json", show_document, None,
             "Describe this API as OpenAPI 3.1.", "Document"),
    # Served beside the API; listed so that the document is complete.
    Endpoint("GET", "/healthz", None, None, "Check that the process responds.", "Health"),
    Endpoint("GET", "/readyz", None, None, "Check that hits are written and counted; 503 if not.", "Readiness"),
    Endpoint("GET", "/metrics", None, None,
             "Show all metrics in Prometheus text format, to this machine or with an API key of scope `read`.", None,
             media=("text/plain",), fails=(401, 403)),
)
# fmt: on

ROUTES = routes(ENDPOINTS)
