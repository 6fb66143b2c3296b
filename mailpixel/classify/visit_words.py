"""Verdicts on visits with their reasons, in plain English for the people who run sites."""

from collections.abc import Callable, Iterator, Mapping

from mailpixel.classify.rules import VISIT_RULES, Rules
from mailpixel.classify.thresholds import VisitThresholds
from mailpixel.classify.visit import JudgedVisit
from mailpixel.classify.visit_rules import (
    NEEDED,
    Look,
    families,
    flooded,
    spin_signs,
    unseen_purchase,
    wrong_facts,
)
from mailpixel.model import Certainty, Facts

SUMMARIES: Mapping[str, str] = {rule.name: rule.summary for rule in VISIT_RULES}

_MISSING: Mapping[Facts, str] = {
    Facts.ACCEPT_LANGUAGE: "Accept-Language is missing",
    Facts.SEC_FETCH: "the Sec-Fetch headers are missing",
    Facts.CLIENT_HINTS: "Sec-CH-UA is there, which this browser never sends",
    Facts.NAVIGATE: "it opened the address as a page",
    Facts.FRAMED: "it opened the address in a frame",
    Facts.USER_ACTIVATED: "it opened the address as a page",
}
_SIGNS: Mapping[str, str] = {
    "glance": "nothing happened beyond the first second",
    "single": "only one thing happened",
    "hosted": "a desktop browser came from a network known for machines",
}
_FAMILIES: Mapping[str, str] = {
    "network": "its network is known for machines",
    "client": "its headers do not fit the browser that it names",
    "spin": "it ended at once or after one step, as the visit of a program does",
}


def reasons_of(judged: JudgedVisit, rules: Rules) -> tuple[str, ...]:
    """Why a visit has its verdict, in sentences. The first is that of the rule that decided."""
    return tuple(_reasons(judged, rules))


def _reasons(judged: JudgedVisit, rules: Rules) -> Iterator[str]:
    yield SUMMARIES.get(judged.rule, f"The rule was {judged.rule}.")
    if judged.rule in judged.seen.carried:
        yield "What the requests showed was dropped 48 hours later, so the reasons are not known any more."
    else:
        yield from _DETAILS.get(judged.rule, _nothing)(judged, rules)
    if judged.repeats:
        yield f"{_times(len(judged.repeats), 'event')} repeated an earlier one and count once."
    for name, number in sorted(_left_out(judged).items()):
        yield f"{_times(number, 'event')} left out by the rule {name}: {SUMMARIES[name]}"


def _left_out(judged: JudgedVisit) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for ruling in judged.out.values():
        if ruling.rule != judged.rule:
            found[ruling.rule] = found.get(ruling.rule, 0) + 1
    return found


def _nothing(judged: JudgedVisit, rules: Rules) -> Iterator[str]:
    yield from ()


def _declared(judged: JudgedVisit, rules: Rules) -> Iterator[str]:
    for agent in dict.fromkeys(look.agent for look in judged.seen.looks):
        if agent.sign:
            yield f"What gave it away in the user agent: “{agent.sign}”."
        elif not agent.text:
            yield "It sent no user agent at all."


def _flood(judged: JudgedVisit, rules: Rules) -> Iterator[str]:
    found = flooded(judged.seen, rules.visits)
    if found is not None:
        yield f"{found[0]} pages were viewed within {found[1] / 1000:g} s."


def _network(judged: JudgedVisit, rules: Rules) -> Iterator[str]:
    for network in dict.fromkeys(look.network for look in judged.seen.looks if look.speaks is not None):
        if network is not None:
            used = "only machines use" if network.certainty is Certainty.CERTAIN else "people may use too"
            yield f"The network is “{network.name}”, which {used}."
    yield from _evidence(judged, rules.visits)


def _soft(judged: JudgedVisit, rules: Rules) -> Iterator[str]:
    yield from _evidence(judged, rules.visits)


def _evidence(judged: JudgedVisit, thresholds: VisitThresholds) -> Iterator[str]:
    found = families(judged.seen, thresholds)
    if len(found) >= NEEDED:
        yield f"{len(found)} kinds of evidence agree: {'; '.join(_FAMILIES[name] for name in found)}."
    yield from _details(judged, found, thresholds)


def _details(judged: JudgedVisit, found: tuple[str, ...], thresholds: VisitThresholds) -> Iterator[str]:
    if "client" in found:
        yield from dict.fromkeys(text for look in judged.seen.looks if (text := _wrong(look)))
    if "spin" in found:
        yield f"Seen of the visit: {'; '.join(_SIGNS[name] for name in spin_signs(judged.seen, thresholds))}."


def _wrong(look: Look) -> str:
    bits = wrong_facts(look)
    found = dict.fromkeys(text for fact, text in _MISSING.items() if bits & fact)
    if not found or look.agent.claim is None:
        return ""
    return f"The user agent names {look.agent.claim.name}, but {' and '.join(found)}."


def _claimed(judged: JudgedVisit, rules: Rules) -> Iterator[str]:
    seen = unseen_purchase(judged.seen.steps)
    if seen is not None:
        yield f"The purchase is {seen.step.id}."
    yield from _default(judged, rules)


def _default(judged: JudgedVisit, rules: Rules) -> Iterator[str]:
    """Evidence of a machine that did not decide."""
    found = families(judged.seen, rules.visits)
    if not found:
        yield "No evidence of a machine was found: agent, network, headers, speed and length were looked at."
        return
    yield f"Evidence of a machine: {'; '.join(_FAMILIES[name] for name in found)}. One kind is not enough."
    yield from _details(judged, found, rules.visits)


def _times(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


_DETAILS: Mapping[str, Callable[[JudgedVisit, Rules], Iterator[str]]] = {
    "declared": _declared,
    "flood": _flood,
    "network": _network,
    "client": _soft,
    "spin": _soft,
    "claimed": _claimed,
    "default": _default,
}
