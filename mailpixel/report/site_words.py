"""What the words for outcomes and problems of envelopes mean, in sentences for the people who install a site."""

from collections.abc import Mapping

OUTCOMES: Mapping[str, str] = {
    "logged": "At least one event is kept.",
    "nothing": "It is well formed, and none of its events is kept.",
    "no_consent": "The visitor did not agree to be measured, so nothing is kept.",
    "withdrawn": "The visitor withdrew. That is kept, and nothing else.",
    "malformed": "It cannot be read, so nothing of it was looked at.",
    "unknown_version": "It is of a version that is not known here. Load the script again.",
    "too_many": "It has more than 20 events, so none was taken.",
    "too_large": "It is larger than 65,536 bytes, so nothing of it was looked at.",
    "overflow": "The visitor is past the daily limit of events, so nothing is kept.",
}
PROBLEMS: Mapping[str, str] = {
    "refused:malformed": "The event is no JSON object. It is not kept.",
    "refused:bad_name": "The name is not of small letters, digits and underscores, at most 40. The event is not kept.",
    "refused:server_only": "Only the shop's server may report refunds. The event is not kept.",
    "refused:unknown_name": "The site has no event of this name: add it to the site, or send the known name. "
    "The event is not kept.",
    "refused:bad_id": "The id is missing or unfit: send 1 to 64 letters, digits, `_`, `.`, `:` or `-`. "
    "The event is not kept.",
    "refused:bad_age": "The age is no whole number of milliseconds. The event is not kept.",
    "refused:too_old": "The event is older than three days. It is not kept.",
    "refused:bad_url": "The address of the page cannot be read. The event is not kept.",
    "refused:foreign": "The page is of a host that the site does not have: add the host, or ask who copied the script. "
    "The event is not kept.",
    "clock:negative_age": "The event would have happened after it arrived, so its arrival counts.",
    "personal:url": "An e-mail address was taken out of the page's address. Do not send it.",
    "fixed:currency": "The currency was written in small letters. Send capitals, such as EUR.",
    "missing:id": "Without an id a repeat of this event is not noticed.",
    "missing:currency": "A value without a currency is no money. Send one, such as EUR.",
    "missing:value": "Without a value the order is a step, and no money.",
    "missing:items": "Send `items`, each with `item_id` or `item_name`.",
    "missing:transaction_id": "Without an order id the purchase is a step, and no money.",
    "bad:transaction_id": "The order id cannot be used, so the purchase is a step, and no money.",
    "bad:click": "The click that the page carried was changed on its way, so it is left out.",
    "bad:visitor": "The id of the visitor was changed on its way, so it is left out.",
    "bad:data": "What belongs to the event is no JSON object, so it is left out.",
    "bad:data_name": "A field has no name of small letters, digits and underscores, so it is left out.",
    "bad:items": "`items` is no list, so it is left out.",
    "bad:item": "An item has neither `item_id` nor `item_name`, so it is left out.",
    "bad:currency": "The currency is not of ISO 4217, so the value is no money.",
    "no_consent:click": "The visitor did not agree to be known, so the click is left out.",
    "no_consent:visitor": "The visitor did not agree to be known, so the id is left out.",
    "cut:data": "The fields are larger than 16,384 characters. Only the money was kept.",
    "cut:items": "Of more than 200 items the first 200 were kept.",
    "differs:value": "The value is not the sum of prices and quantities. Put discounts into the prices.",
}
FAMILIES: Mapping[str, str] = {
    "personal": "An e-mail address was taken out of `{}`. Do not send it.",
    "missing": "The tracking plan wants `{}`, and the event lacks it.",
    "bad": "`{}` cannot be read, so it is left out.",
    "cut": "`{}` is too long and was cut.",
    "no_consent": "The visitor did not agree to be known, so `{}` is left out.",
}
"""Sentences for problems that name a field, by the word before the colon."""


def problem_text(problem: str) -> str:
    """What a problem means and what to do; the word itself where it is not known."""
    family, _, field = problem.partition(":")
    if problem in PROBLEMS:
        return PROBLEMS[problem]
    return FAMILIES[family].format(field) if family in FAMILIES else problem


def outcome_text(outcome: str) -> str:
    """What became of an envelope; the word itself where it is not known."""
    return OUTCOMES.get(outcome, outcome)
