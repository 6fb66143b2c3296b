"""The record of processing: what is stored of whom, why, for how long and who may read it, in several languages.

Its texts are in `data/record.json`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from mailpixel.modes import Modes
from mailpixel.report.answer import Answer
from mailpixel.report.moments import iso_ms
from mailpixel.report.retention import RetentionRow
from mailpixel.store.privacy_choice import StatedMode
from mailpixel.store.retention import Kept

LANGUAGES = ("en", "de")
"""The languages that there are texts in."""
OTHERS_READ = {"people": ("read", "write", "privacy"), "operator": ()}
"""Which scopes of API keys read a kind. The operator's account reads all."""
MODE_OF = {Kept.DETAILS: "individual", Kept.FULL_DETAILS: "full", Kept.LAST_OPENS: "deliverability"}
"""The kinds that one mode writes."""


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What a record is made of.

    `settings` are the settings of the room by variable. `mode`, `unknown` and `refused` are in force; `chosen` names
    what of `mode` and `unknown` the operator chose, and when (milliseconds since 1970; None: not known). `stated` are
    the modes of campaigns, `untracked` counts messages sent without a name by reason. `purposes` are the operator's
    words by kind. `people` and `readers` are counts by name, `webhooks` the hosts of receivers and `inbound` the names
    of sources. `private`: nobody else can read the folder. `overwrites`: what is deleted is overwritten, as the
    database says. `salts` counts days of salts, `addresses` the hits whose address an earlier release stored.
    """

    settings: Mapping[str, str]
    mode: Modes
    unknown: Modes
    refused: str
    legacy: bool
    chosen: Mapping[str, int | None]
    retention: Sequence[RetentionRow]
    people: Mapping[str, int]
    readers: Mapping[str, int]
    webhooks: Sequence[str] = ()
    inbound: Sequence[str] = ()
    purposes: Mapping[str, str] = field(default_factory=dict)
    kept_mails: int = 0
    own_wordings: int = 0
    backup_days: int | None = None
    stated: Sequence[StatedMode] = ()
    untracked: Mapping[str, int] = field(default_factory=dict)
    private: bool = True
    overwrites: bool = False
    signing_keys: int = 0
    salts: int = 0
    addresses: int = 0


class Fact(Answer, frozen=True):
    """One fact with its name."""

    name: str
    value: str


class KindRecord(Answer, frozen=True):
    """One kind of data. `why` is the operator's word."""

    kind: str
    what: str
    whom: str
    why: str
    mode: str
    since: str
    kept: str
    rows: str
    oldest: str
    last_run: str
    last_removal: str
    readers: str
    where: str
    leaves: str


class RuleRecord(Answer, frozen=True):
    """What an authority asks for, where that is known from, and what is recorded here of people who said nothing."""

    rule: str
    asks: str
    source: str
    here: str


class Record(Answer, frozen=True):
    """The record. `headings` are those of its parts, `columns` those of `kinds`."""

    language: str
    title: str
    intro: str
    headings: dict[str, str]
    columns: dict[str, str]
    modes: list[Fact]
    kinds: list[KindRecord]
    people: list[Fact]
    untracked: list[Fact]
    readers: list[Fact]
    protection: list[Fact]
    rules: list[RuleRecord]
    decide: list[str]
    settings: list[Fact]


@cache
def texts() -> Mapping[str, Any]:
    """The texts by language."""
    found: Mapping[str, Any] = json.loads(
        (files("mailpixel.report") / "data" / "record.json").read_text(encoding="utf-8")
    )
    return found


def kept_for_ever() -> Sequence[str]:
    """The kinds that are kept for ever."""
    return [kind for kind, *_ in texts()[LANGUAGES[0]]["forever"]]


def record_of(facts: RecordFacts, language: str) -> Record:
    """The record in one of `LANGUAGES`. The same facts give the same text."""
    words = texts()[language]
    return Record(
        language=language,
        title=words["title"],
        intro=words["intro"],
        headings=words["sections"],
        columns=words["columns"],
        modes=_modes(facts, words),
        kinds=[*_kinds(facts, words), *_without_end(facts, words)],
        people=_counts(facts.people, words["people"]),
        untracked=_counts(facts.untracked, words["untracked"]),
        readers=_readers(facts, words),
        protection=_protection(facts, words),
        rules=_rules(facts, words),
        decide=list(_to_decide(facts, words)),
        settings=[Fact(name, value) for name, value in facts.settings.items()],
    )


def _modes(facts: RecordFacts, words: Mapping[str, Any]) -> list[Fact]:
    names = words["modes"]
    return [
        Fact(names["mode"], facts.mode.text),
        Fact(names["mode_since"], _since("mode", facts, words)),
        Fact(names["unknown"], facts.unknown.text),
        Fact(names["unknown_since"], _since("unknown", facts, words)),
        Fact(names["refused"], facts.refused),
        Fact(names["chosen"], words["yes" if "mode" in facts.chosen else "no"]),
        Fact(names["legacy"], words["yes" if facts.legacy else "no"]),
        *(_stated(each, words) for each in facts.stated),
    ]


def _stated(found: StatedMode, words: Mapping[str, Any]) -> Fact:
    names = words["modes"]
    since = words["since_unknown"] if found.since_ms is None else _day(found.since_ms)
    return Fact(
        names["campaigns"].format(mode=found.mode),
        names["of_campaigns"].format(number=found.campaigns, since=since),
    )


def _since(name: str, facts: RecordFacts, words: Mapping[str, Any]) -> str:
    """Since when a mode of the installation holds."""
    if name not in facts.chosen:
        return str(words["not_chosen"])
    since_ms = facts.chosen[name]
    return str(words["since_unknown"]) if since_ms is None else _day(since_ms)


def _day(at_ms: int) -> str:
    return iso_ms(at_ms)[:10]


def _kinds(facts: RecordFacts, words: Mapping[str, Any]) -> Iterator[KindRecord]:
    for row in facts.retention:
        text = words["kinds"][row.kind.value]
        yield KindRecord(
            kind=row.kind.value,
            what=text["what"],
            whom=text["whom"],
            why=facts.purposes.get(row.kind.value) or words["not_stated"],
            mode=MODE_OF.get(row.kind, facts.mode.text),
            since=_since("mode", facts, words),
            kept=_kept(row, words),
            rows=f"{row.rows}",
            oldest=(row.oldest or "")[:10],
            last_run=(row.last_run or "")[:10] or words["never"],
            last_removal=(row.last_removal or "")[:10] or words["never"],
            readers=_who(OTHERS_READ[text["who"]], facts, words),
            where=words["files"],
            leaves=_leaves(row.kind, text["leaves"], facts),
        )


def _kept(row: RetentionRow, words: Mapping[str, Any]) -> str:
    if row.waiting:
        return str(words["waiting"])
    if row.kept_days is None:
        return str(words["for_ever"])
    return str(words["days"].format(days=row.kept_days) if row.kept_days else words["to_its_end"])


def _leaves(kind: Kept, text: str, facts: RecordFacts) -> str:
    posted = kind in (Kept.EVENTS, Kept.LETTERS) and facts.webhooks
    return f"{text} ({', '.join(facts.webhooks)})" if posted else text


def _who(scopes: Sequence[str], facts: RecordFacts, words: Mapping[str, Any]) -> str:
    keys = [
        f"{words['readers'][scope]} ({facts.readers[scope]})" for scope in scopes if facts.readers.get(scope)
    ]
    return ", ".join([words["readers"]["operator"], *keys])


def _without_end(facts: RecordFacts, words: Mapping[str, Any]) -> Iterator[KindRecord]:
    """What is kept for ever."""
    for kind, what, whom, leaves in words["forever"]:
        yield KindRecord(
            kind=kind,
            what=what,
            whom=whom,
            why=facts.purposes.get(kind) or words["not_stated"],
            mode=facts.mode.text,
            since=_since("mode", facts, words),
            kept=words["for_ever"],
            rows="",
            oldest="",
            last_run="",
            last_removal=words["never"],
            readers=_who(OTHERS_READ["people"], facts, words),
            where=words["files"],
            leaves=leaves,
        )


def _counts(counts: Mapping[str, int], names: Mapping[str, str]) -> list[Fact]:
    return [Fact(names[name], f"{number}") for name, number in counts.items()]


def _readers(facts: RecordFacts, words: Mapping[str, Any]) -> list[Fact]:
    names, none = words["readers"], words["none"]
    return [
        *_counts(facts.readers, names),
        Fact(names["webhooks"], ", ".join(facts.webhooks) or none),
        Fact(names["inbound"], ", ".join(facts.inbound) or none),
    ]


def _protection(facts: RecordFacts, words: Mapping[str, Any]) -> list[Fact]:
    names = words["protection"]
    return [
        Fact(names["private"], words["yes" if facts.private else "no"]),
        Fact(names["secure_delete"], words["yes" if facts.overwrites else "no"]),
        Fact(names["signing_keys"], f"{facts.signing_keys}"),
        Fact(names["salts"], f"{facts.salts}"),
        Fact(names["addresses"], f"{facts.addresses}"),
    ]


def _rules(facts: RecordFacts, words: Mapping[str, Any]) -> list[RuleRecord]:
    here = words["fits"][max(facts.unknown.opens, facts.unknown.clicks).name]
    return [RuleRecord(rule["name"], rule["asks"], rule["source"], here) for rule in words["rules"]]


def _to_decide(facts: RecordFacts, words: Mapping[str, Any]) -> Iterator[str]:
    """What the operator has still to decide, in a fixed order."""
    open_points: tuple[tuple[str, int], ...] = (
        ("legacy", facts.legacy),
        ("mode", not facts.legacy and "mode" not in facts.chosen),
        ("unknown", "unknown" not in facts.chosen),
        ("wording", not facts.own_wordings),
        ("backups", facts.backup_days is None),
        ("address", facts.legacy and facts.settings.get("MAILPIXEL_KEEP_ADDRESS") == "full"),
        ("purposes", not facts.purposes),
        ("shares", facts.readers.get("shares", 0)),
        ("mails", facts.kept_mails),
        ("rights", not facts.private),
        ("erasures", facts.people.get("pending", 0)),
    )
    return (words["decide"][name].format(number=number) for name, number in open_points if number)
