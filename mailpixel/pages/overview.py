"""The overview of a campaign: what its page shows, made of the summary."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from mailpixel.modes import Untracked
from mailpixel.pages.addresses import campaign_url
from mailpixel.pages.charts.figure import numbers_table
from mailpixel.pages.charts.open_range import open_range
from mailpixel.pages.charts.parts import Part, parts_bar, share_bar, total_of
from mailpixel.pages.definitions import (
    DEFINITIONS,
    STANDING_DEFINITIONS,
    STANDING_NAMES,
    device_name,
    program_name,
)
from mailpixel.pages.link_list import LinkLine, link_lines
from mailpixel.pages.numbers import grouped, of_messages, per_cent, rate_of
from mailpixel.report.clients import Clients
from mailpixel.report.counts import VIEWS
from mailpixel.report.parts import (
    PART_NAMES,
    UNNAMED_NAMES,
    click_parts,
    machine_hits,
    open_parts,
    unnamed_parts,
)
from mailpixel.report.summary import Summary
from mailpixel.report.wording import HOW, heading, range_note, sending_text

MOST_LINKS = 10
"""Most links on the overview. The page of links has all."""


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: its name, value, a few words on its denominator, and its definition."""

    name: str
    value: str
    detail: str
    definition: str


@dataclass(frozen=True, slots=True)
class PartsView:
    """The parts of a whole: a bar, and one line a part."""

    title: str
    definition: str
    bar: Markup
    parts: Sequence[Part]
    total: int


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A program or device: its number of messages and their share of all."""

    name: str
    number: str
    bar: Markup
    share: str


@dataclass(frozen=True, slots=True)
class ClientsView:
    """Programs or devices. `unknown` says which share is not known."""

    title: str
    definition: str
    lines: Sequence[ClientLine]
    unknown: ClientLine

    @property
    def all(self) -> Sequence[ClientLine]:
        """The known ones, then the unknown."""
        return (*self.lines, self.unknown)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the overview but what happened when.

    `sending` says why there is no time of sending; it is empty where there is one. `is_empty`: nobody
    opened and nobody clicked yet. `is_nameless`: views are counted and nothing is known of recipients, so the parts
    about them would show noughts that mean nothing.
    """

    heading: str
    sending: str
    note: str
    range_chart: Markup
    range_table: Markup
    how: Sequence[str]
    cards: Sequence[Card]
    opens: PartsView
    clicks: PartsView
    standing: PartsView
    unnamed: Sequence[PartsView]
    recorded: Sequence[PartsView]
    clients: Sequence[ClientsView]
    links: Sequence[LinkLine]
    more_links: int
    notes: Sequence[str]
    is_empty: bool
    is_nameless: bool


def overview(
    summary: Summary,
    settle_s: float,
    labels: Mapping[int, str],
    with_recipients: bool = True,
    most_links: int = MOST_LINKS,
) -> Overview:
    """The overview of a summary. `labels` are the texts of links in the mail, by number.

    Without `with_recipients` nothing leads to a list of recipients.
    """
    rates = summary.open_rate_range
    links = sorted(link_lines(summary.links, summary, labels), key=lambda link: -link.people)
    if not with_recipients:
        links = [replace(link, recipients="") for link in links]
    return Overview(
        heading=heading(summary),
        sending=sending_text(summary),
        note=range_note(rates),
        range_chart=open_range(rates) if summary.has_hits else Markup(""),
        range_table=_range_table(summary),
        how=HOW,
        cards=_cards(summary, settle_s),
        opens=_parts("Who loaded the images", open_parts(summary)),
        clicks=_parts("Who followed links", click_parts(summary)),
        standing=_standing(summary, with_recipients),
        unnamed=_unnamed(summary),
        recorded=_recorded(summary),
        clients=(
            _clients("Programs", summary.programs, program_name),
            _clients("Devices", summary.devices, device_name),
        ),
        links=links[:most_links],
        more_links=max(len(links) - most_links, 0),
        notes=notes(summary),
        is_empty=not summary.has_hits,
        is_nameless=summary.opens.unique is None and summary.clicks.unique is None,
    )


def notes(summary: Summary) -> list[str]:
    """Why figures are missing or incomplete, one sentence or two each."""
    recipients, rates = summary.recipients, summary.rates.values()
    known = ((rate.numerator, rate.denominator) for rate in rates if rate.denominator is not None)
    conditions = (
        (
            summary.as_of is None,
            "Nothing has been counted yet. Figures appear within seconds of the first hit.",
        ),
        (
            recipients.tracked is None and not summary.notes,
            "There are no rates yet: set the number of messages sent, or report deliveries.",
        ),
        (
            any(numerator > denominator for numerator, denominator in known),
            "More people opened or clicked than there are messages, so a rate is missing: the number sent or "
            "delivered is too low.",
        ),
        (
            summary.overflow > 0,
            f"{grouped(summary.overflow)} further hits came after the daily limit of their message. No figure "
            "includes them.",
        ),
        (
            summary.people_gone_before is not None,
            f"{DEFINITIONS['People gone']} Here this is the day: {(summary.people_gone_before or '')[:10]}.",
        ),
        (
            len(summary.editions) > 1,
            "Some of these figures were judged by an earlier edition of the rules. A rebuild judges all by the "
            "current one.",
        ),
    )
    reasons = dict.fromkeys(note.reason for note in summary.notes)
    return [*(text for applies, text in conditions if applies), *reasons]


def _cards(summary: Summary, settle_s: float) -> list[Card]:
    recipients, rates = summary.recipients, summary.rates
    click, of_openers = rates["click_rate"], rates["click_to_open_rate"]
    cards = [
        _sent_card(summary),
        _card(
            "Known readers",
            rate_of(summary, summary.open_rate_range.low),
            of_messages(of_openers.denominator),
        ),
        Card(
            "Click rate",
            rate_of(summary, click.value),
            _of(click.numerator, click.denominator),
            click.definition,
        ),
        Card(
            "Click to open",
            rate_of(summary, of_openers.value),
            _of(of_openers.numerator, of_openers.denominator),
            of_openers.definition,
        ),
        _card("Machines", grouped(machine_hits(summary)), "hits, in no rate"),
        _card("Still settling", grouped(summary.provisional), f"hits younger than {settle_s:g} s"),
    ]
    only_some = {
        "Bounced": recipients.bounced,
        "Reported as spam": recipients.complained,
        "Opted out": recipients.opted_out,
    }
    return cards + [
        _card(name, grouped(number), "message" if number == 1 else "messages")
        for name, number in only_some.items()
        if number
    ]


def _sent_card(summary: Summary) -> Card:
    recipients = summary.recipients
    if recipients.delivered is None:
        return _card("Sent", grouped(recipients.sent), "no deliveries reported")
    of = "" if recipients.sent is None else f"of {grouped(recipients.sent)} sent"
    return _card("Delivered", grouped(recipients.delivered), of)


def _card(name: str, value: str, detail: str) -> Card:
    return Card(name, value, detail, DEFINITIONS[name])


def _of(numerator: int, denominator: int | None) -> str:
    return f"{grouped(numerator)} of {'an unknown number' if denominator is None else grouped(denominator)}"


def _range_table(summary: Summary) -> Markup:
    rates = summary.open_rate_range
    rows = [("known readers", per_cent(rates.low), "")]
    for each in rates.estimates:
        interval = "" if each.low is None else f"{per_cent(each.low)} to {per_cent(each.high)}"
        rows.append((METHOD_NAMES[each.method], per_cent(each.value), interval))
    rows.append(("at most", per_cent(rates.high), ""))
    return numbers_table("Open rate of people", ("Bound or estimate", "Rate", "95 % interval"), rows)


METHOD_NAMES: Mapping[str, str] = {
    "extrapolation": "estimate: they open like the others",
    "click_ratio": "estimate: judging by their clicks",
}


def _parts(title: str, numbers: Mapping[str, int]) -> PartsView:
    parts = [Part(kind, PART_NAMES[kind], number) for kind, number in numbers.items()]
    return PartsView(title, DEFINITIONS[title], parts_bar(title, parts), parts, sum(numbers.values()))


def _unnamed(summary: Summary) -> list[PartsView]:
    """What was counted without recipients; nothing where all recipients are known."""
    found = []
    for title, counts in (
        ("Opens without recipients", summary.opens),
        ("Clicks without recipients", summary.clicks),
    ):
        numbers = unnamed_parts(counts)
        if numbers:
            parts = [Part(kind, UNNAMED_NAMES[kind], number) for kind, number in numbers.items()]
            found.append(PartsView(title, VIEWS, parts_bar(title, parts), parts, sum(numbers.values())))
    return found


UNTRACKED_PARTS: Mapping[Untracked, tuple[str, str]] = {
    Untracked.MODE: ("nothing", "the mode records less of everybody"),
    Untracked.REFUSED: ("opted_out", "they refused"),
    Untracked.UNKNOWN: ("hidden", "they have not answered"),
    Untracked.ERASED: ("bounced", "they were erased"),
}
"""The colour and the words for each reason why recipients are not recorded by name."""


def _recorded(summary: Summary) -> list[PartsView]:
    """How many recipients are recorded by name, and why others are not; nothing where all are."""
    title, recipients = "Who is recorded by name", summary.recipients
    reasons = recipients.untracked_by
    if not reasons or not any(reasons.values()):
        return []
    parts = [Part("read", "recorded by name", recipients.tracked or 0)]
    parts += [Part(kind, name, reasons[why]) for why, (kind, name) in UNTRACKED_PARTS.items() if reasons[why]]
    return [PartsView(title, DEFINITIONS[title], parts_bar(title, parts), parts, total_of(parts))]


def _standing(summary: Summary, with_recipients: bool) -> PartsView:
    """The standings as parts, each with the list of its recipients."""
    title, parts = "What is known of recipients", []
    for standing, name in STANDING_NAMES.items():
        link = campaign_url(summary.campaign.id, "recipients", standing=standing) if with_recipients else ""
        parts.append(
            Part(standing, name, summary.recipients.standing[standing], link, STANDING_DEFINITIONS[standing])
        )
    return PartsView(title, DEFINITIONS[title], parts_bar(title, parts), parts, total_of(parts))


def _clients(title: str, clients: Clients, name_of: Callable[[str], str]) -> ClientsView:
    lines = [
        _client(name_of(name), number, clients.messages) for name, number in clients.known.items() if number
    ]
    unknown = _client("not known", clients.unknown, clients.messages)
    return ClientsView(title, DEFINITIONS[title], lines, unknown)


def _client(name: str, number: int, messages: int) -> ClientLine:
    share = number / messages if messages else None
    return ClientLine(
        name,
        grouped(number),
        share_bar("unknown" if name == "not known" else "human", share),
        per_cent(share),
    )
