"""The open rate in words: one sentence, and how it is worked out. Pages and the command line share them."""

from collections.abc import Mapping

from mailpixel.report.estimate import Method, OpenRateRange
from mailpixel.report.summary import Summary

SPACE = "\N{NO-BREAK SPACE}"

ASSUMPTIONS: Mapping[str, str] = {
    "floor": "Messages with a human open or a human click.",
    "extrapolation": "If hidden recipients open like the others (interval: chance only).",
    "click_ratio": "If hidden recipients click like the others (interval: chance only).",
    "ceiling": "The floor plus everyone whose privacy prefetch may hide a reader.",
}
"""The assumption behind each value for the human open rate: the certain bounds first and last, the estimates between.

The intervals cover chance only (who happened to be counted). They do not cover whether the assumption is true.
"""
WAYS: Mapping[Method, str] = {
    "extrapolation": "if they open like the others",
    "click_ratio": "judging by their clicks",
}
"""Each estimate in a few words that follow its rate."""
HOW = (
    "The solid part is certain: people who opened or clicked.",
    "The hatched part is Apple's privacy prefetch, which fetches every image whether or not the mail is read. There "
    "may be a reader behind it, or nobody.",
    "Two estimates say how many of these are readers. Each rests on an assumption. Its 95 % interval covers chance "
    "only: it does not say how far the assumption is true, and in a large campaign it is much narrower than the real "
    "uncertainty.",
    "A single number is shown only if the estimates lie within two percentage points of one another, or their "
    "intervals overlap.",
    "People who read the mail without its images and follow no link leave no trace. No part of the bar includes them.",
)
"""How the range is worked out, in paragraphs."""


def rate_text(rate: float | None) -> str:
    """A rate for a sentence: whole per cents from 10 on, one decimal below: `41 %`, `4.7 %`. Unknown: `not known`."""
    if rate is None:
        return "not known"
    if 0 < rate < 0.0005:
        return f"less than 0.1{SPACE}%"
    if 0.995 <= rate < 1:
        return f"more than 99{SPACE}%"
    text = f"{rate * 100:.1f}" if rate < 0.0995 else f"{rate * 100:.0f}"
    return f"{text.removesuffix('.0')}{SPACE}%"


def probable_rate(rates: OpenRateRange) -> float | None:
    """The mean of the estimates if they agree: only then a single number is fair. Otherwise None."""
    values = [each.value for each in rates.estimates if each.value is not None]
    return sum(values) / len(values) if rates.agree else None


def range_sentence(rates: OpenRateRange) -> str:
    """How many read the mail: `Between 25 % and 69 % read it, probably about 41 %`."""
    if rates.low is None or rates.high is None:
        return "How many read it is not known yet"
    low, high = rate_text(rates.low), rate_text(rates.high)
    if rates.low == rates.high:
        return f"{_capital(low)} are known to have read it"
    if low == high:
        return f"About {low} read it"
    probable = probable_rate(rates)
    ending = "" if probable is None else f", probably about {rate_text(probable)}"
    return f"Between {low} and {high} read it{ending}"


def heading(summary: Summary) -> str:
    """How many read the mail, or that nothing was opened or clicked yet, by a person or a machine."""
    if not summary.has_hits:
        return NO_HITS
    if summary.opens.unique is None:
        views = summary.opens.human
        return f"{views:,} {'view' if views == 1 else 'views'} by people, of whom nothing else is kept"
    return _of_whom(summary, range_sentence(summary.open_rate_range))


def _of_whom(summary: Summary, sentence: str) -> str:
    """The sentence; where it is not about all recipients, it says of how many."""
    recipients = summary.recipients
    named, are_others = recipients.tracked_opens, any((recipients.untracked_by or {}).values())
    if named is None or summary.open_rate_range.low is None or not are_others:
        return sentence
    return f"Of {named:,} recorded by name, {sentence[:1].lower()}{sentence[1:]}"


NO_HITS = "No open and no click yet"


def sending_text(summary: Summary) -> str:
    """Why a campaign has no time of sending: it is a draft, or nobody set the time. A dated one: empty."""
    if summary.campaign.sent_at is not None:
        return ""
    is_draft = summary.recipients.sent is None and not summary.has_events
    return "not sent yet" if is_draft else "time of sending not set"


def range_note(rates: OpenRateRange) -> str:
    """Why the sentence names no single number; empty if it does, or if nothing is hidden."""
    if rates.low is None or rates.low == rates.high:
        return ""
    if rates.agree is False:
        return "The estimates disagree, so only the range is certain."
    if rates.agree is None:
        return "Too few people opened and clicked for two estimates, so only the range is certain."
    return ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
