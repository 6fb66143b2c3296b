"""What the page of a person's choice shows and does. All of it reads or writes the store, so it runs in a thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import nlargest
from operator import attrgetter

from mailpixel.erasing import erasing_in
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Verdict
from mailpixel.modes import Statement, lesser
from mailpixel.pages.choice import KINDS, OTHER, ChoicePage, Held, Stated
from mailpixel.pages.choice_words import Words, in_force, language_for
from mailpixel.privacy.choice import Choice, erase_at_request, record_choice, refuse_all
from mailpixel.privacy.erasure import Erasing
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.report.export import EventRow
from mailpixel.report.person import person_row
from mailpixel.report.person_sites import SiteEventRow
from mailpixel.server.services import Services
from mailpixel.store.consents import Wording
from mailpixel.store.opt_outs import refuses_all

SHOWN = 200
"""Most entries on a page: the newest. The sender exports all of them with `mailpixel person export`."""
ANSWERS = {"granted": "yes", "denied": "no", "unknown": "unknown"}
FIELD = {"granted": Statement.GRANTED, "denied": Statement.DENIED}
"""What a field of the form may say."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on the page with a good token. `own`: the token is good for seeing and erasing, too."""

    services: Services
    recipient: str
    words: Words
    languages: Mapping[str, str]
    own: bool

    @property
    def wording(self) -> Wording:
        """The texts that the person sees, as they are kept beside the choice."""
        return Wording(self.words.version, self.words.language, self.words.body, None)

    def page(self, **more: object) -> ChoicePage:
        """The page as it stands now."""
        services, policy = self.services, self.services.live.resolver.policy
        return ChoicePage(
            words=self.words,
            sender=services.settings.sender_name,
            consent=services.registry.consent_of(self.recipient),
            unknown=lesser(policy.mode, policy.unknown),
            own=self.own,
            languages=self.languages,
            **more,  # type: ignore[arg-type]
        )


def words_for(services: Services, asked: str, accepted: str) -> tuple[Words, Mapping[str, str]]:
    """The texts for a reader, and the names of the other languages by code."""
    known = in_force(each.body for each in services.registry.wordings() if each.chosen_ms is not None)
    language = language_for(asked, accepted, known)
    return known[language], {code: words.texts["name"] for code, words in known.items() if code != language}


def show(asked: Asked) -> str:
    """The page."""
    page = asked.page()
    return page.after("erased" if page.consent.erased else "").html()


def act_on(asked: Asked, wish: str, fields: Mapping[str, str]) -> str:
    """Do what a button says and return the page that follows. An unknown button changes nothing."""
    action = ACTIONS.get(wish)
    if action is None or (wish in OWN_ACTIONS and not asked.own):
        return show(asked)
    return action(asked, fields)


def _save(asked: Asked, fields: Mapping[str, str]) -> str:
    opens, clicks = (FIELD.get(fields.get(name, "")) for name in ("opens", "clicks"))
    if opens is None and clicks is None:
        return show(asked)  # "Saved" would be untrue
    return _recorded(asked, Choice(opens, clicks, asked.wording))


def _refuse(asked: Asked, fields: Mapping[str, str]) -> str:
    return _recorded(asked, refuse_all(asked.wording))


def _recorded(asked: Asked, choice: Choice) -> str:
    services = asked.services
    consent = record_choice(services.settled(), services.registry, asked.recipient, choice, services.clock())
    erases = asked.own and services.settings.withdrawal == "erase"
    if erases and refuses_all(consent) and not consent.erased:
        erase_at_request(_erasing(asked), asked.recipient)
    return asked.page(notice="saved").html()


def _erasing(asked: Asked) -> Erasing:
    return erasing_in(asked.services.settings, asked.services.settled(), asked.services.registry)


def _hold(asked: Asked, fields: Mapping[str, str]) -> str:
    """Show what is stored, as `mailpixel person export` gives it: the newest entries."""
    services = asked.services
    campaigns = KnownCampaigns(services.registry)
    person = person_row(services.settled(), services.registry, campaigns, services.rules, asked.recipient)
    newest = nlargest(SHOWN, person.events, key=_when)
    said = list(reversed(person.consents))
    return asked.page(
        held=[
            *(Held(row.day, KINDS.get(EventKind.OPEN, OTHER), "", False, ()) for row in person.last_opens),
            *(_entry(event, campaigns[event.campaign]) for event in newest),
            *map(_site_entry, nlargest(SHOWN, (*person.visits, *person.orders), key=_when)),
        ],
        said=[Stated(_moment(each.time), each.purposes, ANSWERS[each.state]) for each in said[:SHOWN]],
        more=max(len(person.events), len(said), len(person.visits) + len(person.orders)) > SHOWN,
    ).html()


def _entry(event: EventRow, campaign: Campaign) -> Held:
    machine = event.verdict is not None and event.verdict is not Verdict.HUMAN
    registered = (link.url for link in campaign.links if link.number == event.link)
    destination = event.destination or next(registered, "")
    details = [text for text in (destination, event.agent, event.network, event.address) if text]
    return Held(_moment(event.received_at), KINDS.get(event.kind, OTHER), campaign.name, machine, details)


_when = attrgetter("received_at", "id")


def _site_entry(event: SiteEventRow) -> Held:
    """An event of a visit or an order: what happened, and on which page or of which order."""
    said = event.body
    details = [str(said.get(name)) for name in ("name", "url") if said.get(name)] or [event.kind, event.case]
    return Held(
        _moment(event.received_at), OTHER, event.site, False, [*details, *([event.agent] * bool(event.agent))]
    )


def _moment(iso: str) -> str:
    return iso[:16].replace("T", " ") + " UTC"


def _erase(asked: Asked, fields: Mapping[str, str]) -> str:
    """Ask once more, then erase."""
    if fields.get("sure") != "yes":
        return asked.page(asks=True).html()
    erase_at_request(_erasing(asked), asked.recipient)
    return asked.page(notice="erased").html()


ACTIONS: Mapping[str, Callable[[Asked, Mapping[str, str]], str]] = {
    "save": _save,
    "refuse": _refuse,
    "hold": _hold,
    "erase": _erase,
}
"""What each button does."""
OWN_ACTIONS = frozenset({"hold", "erase"})
"""What takes a choice token."""
