"""The page on which a person decides about measurement: plain HTML with its style, no script, nothing to load."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from mailpixel.kinds import EventKind
from mailpixel.modes import Consent, Mode, Modes, Statement
from mailpixel.pages.choice_words import Words
from mailpixel.pages.render import render_alone

UNSET = {
    Mode.OFF: "unset_off",
    Mode.AGGREGATE: "unset_aggregate",
    Mode.DELIVERABILITY: "unset_deliverability",
    Mode.INDIVIDUAL: "unset_individual",
    Mode.FULL: "unset_individual",
}
"""What the page says of a purpose that was not answered, by what holds until then."""
KINDS = {
    EventKind.OPEN: "opened",
    EventKind.CLICK: "clicked",
    EventKind.DELIVERY: "delivered",
    EventKind.BOUNCE: "bounced",
    EventKind.COMPLAINT: "complained",
    EventKind.OPTOUT: "opted_out",
}
"""The name of the text for a kind of event."""
OTHER = "other"


class Held(NamedTuple):
    """One thing that is stored of a person.

    `kind` is the name of a text. `machine`: a program did it. `details` are shown as they are.
    """

    at: str
    kind: str
    what: str
    machine: bool
    details: Sequence[str]


class Stated(NamedTuple):
    """What a person said once: when, and the names of the texts of the purposes and of the answer."""

    at: str
    purposes: Sequence[str]
    answer: str


class Question(NamedTuple):
    """One purpose on the page: the field's name, its answer now, and the name of the text while it has none."""

    name: str
    answer: Statement
    unset: str | None


@dataclass(frozen=True, slots=True)
class ChoicePage:
    """What one page shows.

    `unknown` is what holds without an answer. `notice` is the name of a text on what just happened. `own`: the token
    is good for seeing and erasing, too. `held` is what is stored, None where nobody asked for it; `more`: there is
    more. `asks`: whether to erase is asked for the second time. `languages` are the others, by code.
    """

    words: Words
    sender: str
    consent: Consent
    unknown: Modes
    notice: str = ""
    own: bool = False
    held: Sequence[Held] | None = None
    said: Sequence[Stated] = ()
    more: bool = False
    asks: bool = False
    languages: Mapping[str, str] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[Question, Question]:
        """What the person is asked."""
        return (
            self._question("opens", self.consent.opens, self.unknown.opens),
            self._question("clicks", self.consent.clicks, _of_clicks(self.unknown.clicks)),
        )

    def _question(self, name: str, answer: Statement, unknown: Mode) -> Question:
        if self.consent.erased:  # what they agreed to before does not hold any more
            return Question(name, answer if answer is Statement.DENIED else Statement.UNKNOWN, None)
        return Question(name, answer, UNSET[unknown] if answer is Statement.UNKNOWN else None)

    @property
    def intro(self) -> str:
        """The introduction with the name of the sender."""
        return self.words.texts["intro"].replace("{sender}", self.sender or self.words.texts["anonymous"])

    def html(self) -> str:
        """The page."""
        return render_alone("choice.html", page=self, t=self.words.texts, style=style())

    def after(self, notice: str) -> "ChoicePage":
        """The same page, saying what just happened."""
        return replace(self, notice=notice)


def _of_clicks(mode: Mode) -> Mode:
    """What a mode does with clicks: only of opens is a day kept."""
    return Mode.AGGREGATE if mode is Mode.DELIVERABILITY else mode


def message_page(words: Words, title: str, text: str) -> str:
    """A page that only says something: the names of its title and of its text."""
    return render_alone(
        "choice_message.html", t=words.texts, words=words, title=title, text=text, style=style()
    )


@cache
def style() -> str:
    """The style sheet that stands in the page."""
    return (files("mailpixel.pages") / "templates" / "choice.css").read_text(encoding="utf-8")


@cache
def style_source() -> str:
    """The style sheet as a source in a content security policy: its digest, so that no other style applies."""
    return f"'sha256-{b64encode(sha256(style().encode()).digest()).decode()}'"
