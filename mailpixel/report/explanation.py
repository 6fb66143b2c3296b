"""Why the hits of one message were judged as they were, in words."""

from typing import Any

from mailpixel.classify import Rules, explain
from mailpixel.model import Campaign, Message
from mailpixel.projections.messages import fold_message
from mailpixel.report.export import event_json
from mailpixel.report.moments import iso_ms


def explanation(
    message: Message, campaign: Campaign, rules: Rules, addresses: bool = False
) -> dict[str, Any]:
    """Every open and click of a message in order of time, repeats and probes too.

    {"campaign","recipient","delivered_at","opted_out","rules_version","hits":[…]}: a hit has the keys of
    `event_json` and "reasons", sentences on what was considered and what was rejected.
    """
    judged = explain(message, campaign, rules)
    state = fold_message(message, judged)
    return {
        "campaign": message.campaign,
        "recipient": message.recipient,
        "delivered_at": iso_ms(state.delivered_at_ms),
        "opted_out": state.opted_out,
        "rules_version": rules.version,
        "hits": [{**event_json(each, addresses), "reasons": list(each.reasons)} for each in judged],
    }
