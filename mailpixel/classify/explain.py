"""Verdicts with their reasons, in plain English for the people who run campaigns."""

from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from mailpixel.classify.judge import judge, observe
from mailpixel.classify.observation import FORGED, PREVIEW, Observation
from mailpixel.classify.rules import RULES, Rules
from mailpixel.classify.weak_evidence import NEEDED
from mailpixel.model import Campaign, Certainty, Facts, Judged, Message, Network, Scope, Verdict

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
    "pair": "a click with better evidence of a person followed the link at the same moment",
    "client": "its headers do not fit the browser it names",
    "no_open": "the message had not been opened before",
}


def explain(message: Message, campaign: Campaign, rules: Rules) -> tuple[Judged, ...]:
    """The verdicts of `judge`, made with the same rules in the same pass, with their `reasons`.

    The first sentence is that of the rule that decided. The others say what it found and what else was
    considered. No sentence contradicts the verdict or another sentence.
    """
    observations = observe(message, campaign, rules)
    return tuple(
        replace(judged, reasons=tuple(_reasons(hit, judged)))
        for hit, judged in zip(observations, judge(message, campaign, rules), strict=True)
    )


def _reasons(hit: Observation, judged: Judged) -> Iterator[str]:
    yield _SUMMARIES.get(judged.rule, f"The rule was {judged.rule}.")
    if judged.event.decided is None:
        yield from _DETAILS.get(judged.rule, _no_detail)(hit)
    else:
        yield "What the request showed was dropped 48 hours after the hit, so the reasons are not known any more."
    if judged.dup:
        yield "It repeats a hit that was counted a moment before, so it is not counted again."
    if not hit.countable:
        yield from _uncounted(hit)


def _uncounted(hit: Observation) -> Iterator[str]:
    if hit.bits & PREVIEW:
        yield "The address was made for a preview, so it is never counted."
    elif hit.bits & FORGED:
        yield "The signature of the address is broken, so it is never counted."
    else:
        yield f"The request's method was {hit.event.method}, so it is never counted as an open or a click."


def _no_detail(hit: Observation) -> Iterator[str]:
    yield from ()


def _proxy(hit: Observation) -> Iterator[str]:
    if hit.click:
        yield "Image proxies never follow links for a reader."
        return
    if hit.network is not None:
        yield f"Outlook fetches images from the network “{hit.network.name}” when its reader looks."
    yield from _timing(hit)


def _images_only(hit: Observation) -> Iterator[str]:
    if hit.click:
        yield "The program that sends this user agent never follows links; something else used it."


def _timing(hit: Observation) -> Iterator[str]:
    if hit.age_ms is None:
        yield "How long after delivery it came is unknown."
    elif hit.early:
        yield f"{_came(hit)}, within the {_length(hit.early_ms)} in which mailboxes fetch images by themselves."
    else:
        yield f"{_came(hit)}, later than mailboxes fetch images by themselves."


def _came(hit: Observation) -> str:
    return f"It came {_length(hit.age_ms or 0)} after {hit.clock}"


def _declared(hit: Observation) -> Iterator[str]:
    if hit.ruling is not None and hit.ruling.verdict is Verdict.PREFETCH:
        yield "Mailboxes that fetch images ahead send this user agent, or none."
        yield from _timing(hit)
    elif hit.agent.sign:
        yield f"What gave it away in the user agent: “{hit.agent.sign}”."
    elif not hit.agent.text:
        yield "It sent no user agent at all."
    else:
        yield "No browser sends this user agent."


def _trap(hit: Observation) -> Iterator[str]:
    if hit.distance_ms == 0:
        yield "This hit triggered the trap."
    elif hit.distance_ms is not None:
        yield f"The trap was triggered {_length(hit.distance_ms)} from this hit."


def _burst(hit: Observation) -> Iterator[str]:
    if hit.span is not None:
        links, length_ms = hit.span
        yield f"{links} different links were followed within {_length(length_ms)}."
    else:
        yield "The source that loaded this image also followed the links."


def _instant(hit: Observation) -> Iterator[str]:
    if hit.in_transit and hit.age_ms is not None:
        yield f"{_came(hit)} and before delivery."
    elif hit.age_ms is not None:
        yield f"{_came(hit)}."
    yield from _company(hit)


def _network(hit: Observation) -> Iterator[str]:
    network = hit.network
    if network is not None:
        yield f"The network is “{network.name}”, {_users(network)}."
    yield from _company(hit)


def _users(network: Network) -> str:
    if network.certainty is not Certainty.CERTAIN:
        return "which people may use too"
    return (
        "which only machines use" if network.scope is Scope.ALL else "from which only machines follow links"
    )


def _soft(hit: Observation) -> Iterator[str]:
    yield from _missing(hit)
    yield from _company(hit)


def _missing(hit: Observation) -> Iterator[str]:
    """What is wrong with the headers, if that is part of the evidence."""
    if "client" not in hit.soft:
        return
    found = hit.shows.lacks
    wrong = [text for fact, text in _HEADERS.items() if found & fact]
    if wrong and hit.agent.claim is not None:
        yield f"The user agent names {hit.agent.claim.name}, but {' and '.join(wrong)}."
    if found & Facts.FRAMED:
        yield "A page loaded the link into a frame or an object, without a user gesture."


def _company(hit: Observation) -> Iterator[str]:
    if len(hit.soft) >= NEEDED:
        yield f"{_NUMBERS[len(hit.soft)]} kinds of evidence agree: {_listed(hit)}."


def _listed(hit: Observation) -> str:
    return "; ".join(_EVIDENCE[name] for name in hit.soft)


def _default(hit: Observation) -> Iterator[str]:
    """Evidence of a machine that did not decide, and why not."""
    if not hit.soft:
        yield "No evidence of a machine was found: timing, network, headers and neighbouring hits were looked at."
        return
    yield f"Evidence of a machine: {_listed(hit)}. {_why_not(hit)}"
    yield from _missing(hit)


def _why_not(hit: Observation) -> str:
    if len(hit.soft) < NEEDED:
        return "One kind of evidence is not enough."
    if hit.gesture:
        return "Overruled: the browser reported a real user gesture."
    return "Overruled: the request has all that this browser sends when a person follows a link."


_DETAILS: Mapping[str, Callable[[Observation], Iterator[str]]] = {
    "mail_proxy": _proxy,
    "apple_mpp": _images_only,
    "gmail_prefetch": _images_only,
    "declared": _declared,
    "trap": _trap,
    "burst": _burst,
    "instant": _instant,
    "network": _network,
    "client": _soft,
    "pair": _soft,
    "no_open": _soft,
    "default": _default,
}


_NUMBERS = {2: "Two", 3: "Three", 4: "Four", 5: "Five"}
_UNITS = ((172_800, 86_400, "days"), (7_200, 3_600, "h"), (120, 60, "min"))


def _length(ms: int) -> str:
    """A duration for people: 0.4 s, 12 s, 5 min, 3 h, 2 days."""
    seconds = ms / 1000
    for least, size, unit in _UNITS:
        if seconds >= least:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f}".removesuffix(".0") + " s"
