"""Recipients by what they did, and what happened to the mail of one."""

from starlette.responses import Response

from mailpixel.claims import RECIPIENT_CHARS, check_recipient
from mailpixel.classify import explain
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.model import Campaign, Message
from mailpixel.pages.addresses import campaign_url
from mailpixel.pages.definitions import DEFINITIONS, STANDING_DEFINITIONS, STANDING_NAMES
from mailpixel.pages.recipients import days, downloads, recipient_line, tabs
from mailpixel.projections.message_state import fold_message
from mailpixel.reading.shapes import Shape
from mailpixel.report.export import with_verdicts
from mailpixel.report.recipients import check_link
from mailpixel.server.web.page import PageCall
from mailpixel.store.standing import Standing

PAGE = 100
MOST_EVENTS = 500
"""Most events of one message on its page."""


class RecipientListOptions(Shape, frozen=True):
    """The recipients to list."""

    standing: Standing | None = None
    link: int = 0
    after: str = ""
    q: str = ""


def show_recipients(call: PageCall) -> Response:
    """One page of recipients in order of id, or the one whose id was searched for."""
    campaign, asked = call.campaign(), call.query
    searched = asked.q.strip()
    message = _searched(call, campaign, searched)
    if message is not None:
        return _message_page(call, campaign, message)
    errors = {"q": "nothing is logged for this id in this campaign"} if searched else {}
    return _list_page(call, campaign, errors)


def _searched(call: PageCall, campaign: Campaign, recipient: str) -> Message | None:
    try:
        found = call.services.latest().message(campaign.id, check_recipient(recipient)) if recipient else None
    except InvalidInput:
        return None
    return found if found is not None and found.events else None


def _list_page(call: PageCall, campaign: Campaign, errors: dict[str, str]) -> Response:
    asked: RecipientListOptions = call.query
    link = asked.link or None
    check_link(campaign, link)
    standing = asked.standing
    found = call.services.store.recipients(campaign.id, asked.after, PAGE + 1, standing, link)
    shown = found[:PAGE]
    same = {"standing": standing, "link": link}
    after = shown[-1].recipient if len(found) > PAGE else ""
    return call.page(
        "recipients.html",
        title="Recipients",
        campaign=campaign,
        here=campaign_url(campaign.id, "recipients"),
        q=asked.q[:RECIPIENT_CHARS],
        groups=tabs(call.services.summary(campaign), standing),
        explanation=STANDING_DEFINITIONS[standing]
        if standing
        else DEFINITIONS["What is known of recipients"],
        link=link,
        lines=[recipient_line(state) for state in shown],
        after=asked.after,
        first=campaign_url(campaign.id, "recipients", **same) if asked.after else "",
        next=campaign_url(campaign.id, "recipients", **same, after=after) if after else "",
        files=downloads(campaign.id, standing, link),
        errors=errors,
    )


def show_recipient(call: PageCall) -> Response:
    """Everything that is logged of one message, with the reason of every verdict. Raises `NotFound`."""
    campaign = call.campaign()
    message = call.services.latest().message(campaign.id, call.path["recipient"])
    if not message.events:
        raise NotFound("Nothing is logged for this recipient in this campaign.")
    return _message_page(call, campaign, message)


def _message_page(call: PageCall, campaign: Campaign, message: Message) -> Response:
    judged = explain(message, campaign, call.services.rules)
    standing = fold_message(message, judged).standing
    events = with_verdicts(message, judged)
    return call.page(
        "recipient.html",
        title=message.recipient,
        campaign=campaign,
        recipient=message.recipient,
        overview_url=campaign_url(campaign.id),
        standing=STANDING_NAMES[standing],
        explanation=STANDING_DEFINITIONS[standing],
        days=days(events[:MOST_EVENTS]),
        shown=MOST_EVENTS,
        more=len(events) > MOST_EVENTS,
    )
