"""Why the hits of one message were judged as they were, in words."""

from functools import lru_cache
from typing import Any

import user_agents

from mailpixel.classify import Rules, explain
from mailpixel.model import Campaign, Judged, Message
from mailpixel.projections.message_state import fold_message
from mailpixel.report.export import event_json
from mailpixel.report.moments import iso_ms


@lru_cache(maxsize=4_096)
def client_of(agent: str) -> str | None:
    """A user agent in words, as `PC / Windows 10 / Chrome 153.0.0`; None where it tells nothing.

    A description for people, from the user-agents package; no rule uses it.
    """
    described = str(user_agents.parse(agent)).split(" / ") if agent else []
    return " / ".join(part for part in described if part != "Other") or None


def explanation(
    message: Message, campaign: Campaign, rules: Rules, addresses: bool = False
) -> dict[str, Any]:
    """Every open and click of a message in order of time, repeats and probes too.

    {"campaign","recipient","delivered_at","opted_out","rules_version","hits":[…]}: a hit has the keys of
    `event_json`, "client" (see `client_of`) and "reasons", sentences on what was considered and rejected.
    """
    judged = explain(message, campaign, rules)
    state = fold_message(message, judged)
    return {
        "campaign": message.campaign,
        "recipient": message.recipient,
        "delivered_at": iso_ms(state.delivered_at_ms),
        "opted_out": state.opted_out,
        "rules_version": rules.version,
        "hits": [_hit(each, addresses) for each in judged],
    }


def _hit(judged: Judged, addresses: bool) -> dict[str, object]:
    explained = {"client": client_of(judged.event.agent), "reasons": list(judged.reasons)}
    return {**event_json(judged, addresses), **explained}
