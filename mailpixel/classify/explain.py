"""The judgement with its reasons, in words for the people who run campaigns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from mailpixel.classify.message import judge, look
from mailpixel.classify.networks import Certainty
from mailpixel.classify.rules import RULES, Rules
from mailpixel.classify.sight import FORGED, PREVIEW, Sight
from mailpixel.classify.soft import NEEDED, lacks
from mailpixel.model import Campaign, Facts, Judged, Message

_SUMMARIES: Mapping[str, str] = {rule.name: rule.summary for rule in RULES}
_HEADERS: Mapping[Facts, str] = {
    Facts.ACCEPT_LANGUAGE: "Accept-Language is missing",
    Facts.ACCEPT_HTML: "it does not ask for a page (Accept has no text/html)",
    Facts.SEC_FETCH: "the Sec-Fetch headers are missing",
    Facts.CLIENT_HINTS: "Sec-CH-UA is there, which this browser never sends",
}


_EVIDENCE: Mapping[str, str] = {
    "instant": "it came very soon",
    "network": "its network is known for checking mail",
    "pair": "somebody with better evidence followed the link at the same moment",
    "client": "its headers are not those of the browser it claims to be",
    "no_open": "nobody had opened the message before",
}


def explain(message: Message, campaign: Campaign, rules: Rules) -> tuple[Judged, ...]:
    """The verdicts of `judge`, from the same rules and the same pass over the events, with their `reasons`.

    The first sentence says why the verdict fell; the others what else was considered, and why it did not decide.
    """
    sights = look(message, campaign, rules)
    return tuple(
        replace(judged, reasons=tuple(_reasons(sight, judged)))
        for sight, judged in zip(sights, judge(message, campaign, rules), strict=True)
    )


def _reasons(sight: Sight, judged: Judged) -> Iterator[str]:
    yield _SUMMARIES[judged.rule]
    yield from _DETAILS.get(judged.rule, _no_detail)(sight)
    if judged.dup:
        yield "It repeats a hit that was counted a moment before, so it is not counted again."
    if not sight.countable:
        yield from _uncounted(sight)
    yield from _also(sight, judged.rule)


def _uncounted(sight: Sight) -> Iterator[str]:
    if sight.bits & PREVIEW:
        yield "The address was made for a preview, so it is never counted."
    elif sight.bits & FORGED:
        yield "The signature of the address is broken, so it is never counted."
    else:
        yield f"The request was a {sight.event.method}, so it is never counted as an open or a click."


def _no_detail(sight: Sight) -> Iterator[str]:
    yield from ()


def _timing(sight: Sight) -> Iterator[str]:
    if sight.age_ms is None:
        yield "How long after delivery it came is not known, or the clocks differ."
    elif sight.early:
        window = _seconds(sight.early_ms)
        yield f"It came {_seconds(sight.age_ms)} after {sight.clock}, within the {window} mailboxes fetch in."
    else:
        yield f"It came {_seconds(sight.age_ms)} after {sight.clock}, later than mailboxes fetch by themselves."


def _declared(sight: Sight) -> Iterator[str]:
    sign = sight.agent.sign
    if sign:
        yield f"What gave it away in the user agent: “{sign}”."
    elif not sight.agent.text:
        yield "It sent no user agent at all."
    else:
        yield "The user agent is none that a browser sends."


def _trap(sight: Sight) -> Iterator[str]:
    if sight.distance_ms == 0:
        yield "This hit sprang the trap."
    elif sight.distance_ms is not None:
        yield f"The trap was sprung {_seconds(sight.distance_ms)} from this hit."


def _burst(sight: Sight) -> Iterator[str]:
    if sight.span is not None:
        links, length_ms = sight.span
        yield f"{links} different links were followed within {_seconds(length_ms)}."
    else:
        yield "The links were followed by the very source that loaded this image."


def _instant(sight: Sight) -> Iterator[str]:
    if sight.age_ms is not None:
        yield f"It came {_seconds(sight.age_ms)} after {sight.clock}."
    yield from _company(sight)


def _network(sight: Sight) -> Iterator[str]:
    network = sight.network
    if network is not None:
        proof = (
            "only machines ask from" if network.certainty is Certainty.CERTAIN else "people may sit behind"
        )
        yield f"The network is “{network.name}”, which {proof}."
    yield from _company(sight)


def _client(sight: Sight) -> Iterator[str]:
    yield from _missing(sight)
    yield from _company(sight)


def _soft(sight: Sight) -> Iterator[str]:
    yield from _company(sight)


def _missing(sight: Sight) -> Iterator[str]:
    found = lacks(sight)
    wrong = [text for fact, text in _HEADERS.items() if found & fact]
    if wrong and sight.agent.claim is not None:
        yield f"The agent says {sight.agent.claim.name}, but {' and '.join(wrong)}."


def _company(sight: Sight) -> Iterator[str]:
    if len(sight.soft) >= NEEDED:
        yield f"These agree: {_listed(sight)}."


def _listed(sight: Sight) -> str:
    return "; ".join(_EVIDENCE[name] for name in sight.soft)


def _also(sight: Sight, rule: str) -> Iterator[str]:
    """What spoke against a hit and did not decide."""
    if rule != "default":
        return
    if sight.lifted and sight.soft:
        yield f"Against it: {_listed(sight)}. Set aside, because it shows a person's own click."
    elif sight.soft:
        yield f"Against it: {_listed(sight)}. One such piece of evidence is not enough."
    else:
        yield "No evidence of a machine was found: timing, network, headers and neighbouring hits were looked at."
    yield from _missing(sight)


_DETAILS: Mapping[str, Callable[[Sight], Iterator[str]]] = {
    "mail_proxy": _timing,
    "declared": _declared,
    "trap": _trap,
    "burst": _burst,
    "instant": _instant,
    "network": _network,
    "client": _client,
    "pair": _soft,
    "no_open": _soft,
}


_UNITS = ((172_800, 86_400, "days"), (7_200, 3_600, "h"), (120, 60, "min"))


def _seconds(ms: int) -> str:
    """A length of time for people: 0.4 s, 12 s, 5 min, 3 h, 2 days."""
    seconds = ms / 1000
    for least, size, unit in _UNITS:
        if seconds >= least:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f}".removesuffix(".0") + " s"
