"""What the projections can be asked: the states folded from the log, and the figures made of them.

One contract suite (`tests/integration/test_store_contract.py`) runs on every store.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from mailpixel.model import Message
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.measures import Step, TallyKey, tally
from mailpixel.store.shown import shown_by
from mailpixel.store.standing import Standing, standing_of
from mailpixel.traffic.programs import UNKNOWN_CLIENT

FOLD = "fold"
"""The consumer of the log that folds. Its position moves with the states that it saves."""


class MessageState(Struct, frozen=True, gc=False):
    """What was judged of one message, compact enough to keep for every message.

    `marks` holds one entry a hit, in the order judged, packed by `mailpixel.store.verdict_codes`; the tally that
    counters are made of is a pure function of the state. Times are None where nothing of the kind was seen. `client` is
    the program and the device of the first human open, or the device of the first human click where there is no such
    open, packed by `mailpixel.traffic.programs`.

    `known` is how many distinct events were judged (0: not known, as an earlier release did not say), `edition` the
    number of the rules that judged them, by when they came into force (0: not known).
    """

    campaign: str
    recipient: str
    marks: bytes = b"\n"
    delivered_at_ms: int | None = None
    opted_out: bool = False
    first_human_open_at_ms: int | None = None
    first_human_click_at_ms: int | None = None
    last_event_at_ms: int | None = None
    client: int = UNKNOWN_CLIENT
    known: int = 0
    edition: int = 0

    @property
    def standing(self) -> Standing:
        """What is known of the recipient: a pure function of the marks and of the opt-out."""
        return standing_of(shown_by(self.marks, self.opted_out))

    @property
    def knowledge(self) -> tuple[int, int]:
        """Which of two states of one message stays: the one that knows more events, whoever judged them; of two that
        know as many, the one of the later rules. So no slow fold takes an event back, and neither do former rules that
        are in force again."""
        return self.known, self.edition

    @property
    def tally(self) -> Mapping[TallyKey, int]:
        """What the message adds to the counters of its campaign; the measures are listed in
        `mailpixel.store.measures`."""
        return tally([self])


Folded = MessageState | PutAside
"""What a fold makes of a message."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The counters of one campaign, all of one moment; `totals` and `links` are the tally of its states then.

    `totals` by measure, `links` by link number and measure (-1: embedded destinations), `overflow` hits past
    the cap, `provisional` hits younger than the settle time, `as_of_ms` the moment up to which the log has
    been folded (0: never), `edition` the edition of the rules of the oldest figures (empty: not known).
    """

    totals: Mapping[str, int]
    links: Mapping[int, Mapping[str, int]]
    overflow: int
    provisional: int
    as_of_ms: int
    edition: str = ""


class ReadProjections(Protocol):
    """What was folded, for those who read it."""

    def figures(self, campaign: str, now_ms: int, settle_ms: int) -> Figures:
        """The counters of a campaign at one moment, whoever writes meanwhile; zeros for one without events. Time does
        not grow with the log."""
        ...

    def timeline(
        self, campaign: str, since_ms: int = 0, until_ms: int | None = None, step: Step = Step.QUARTER
    ) -> Mapping[int, Mapping[str, int]]:
        """Counters by quarter hour or by day (UTC): the start of each in ms to measure to number, in order of time.

        The whole of those that lie, if only in part, between `since_ms` and `until_ms` (None: no end). Time grows with
        what it gives, not with the campaign.
        """
        ...

    def recipients(
        self,
        campaign: str,
        after: str,
        limit: int,
        standing: Standing | None = None,
        link: int | None = None,
    ) -> Sequence[MessageState]:
        """States of a campaign in order of recipient, beginning after one: all, those of one standing, or those with a
        human click on one link (-1: on embedded destinations)."""
        ...


class Generation(Protocol):
    """A whole set of states of one campaign while it is filled."""

    def put(self, states: Iterable[Folded]) -> None:
        """Put these states there; one of a message that has one takes its place. Messages put aside have none.

        Raises `Conflict` when the generation was given up meanwhile.
        """
        ...


class Projections(ReadProjections, Protocol):
    """What was folded, for those who fold. Cursors are opaque text; the empty one is the beginning.

    A case is one value: what a fold writes of a message is one state, which takes the place of the former one as a
    whole. Lists stand inside it, as its marks do, so a case that is judged otherwise leaves nothing behind. A store may
    keep rows derived from states, counters or an index, and answers as if it made them from the states.
    """

    def save(self, states: Sequence[Folded], news: News) -> None:
        """Put these states in the place of former ones, and move the cursor to `news.position`. States may be saved a
        part at a time, the cursor moved with the last.

        No knowledge is lost: a former state that knows more stays, see `MessageState.knowledge`. Figures are the tally
        of the states. What a person's erasure took out is not brought back by a state from before it. A message that is
        put aside keeps its former state; one that has a state again is no longer put aside.

        May raise `Conflict` when another fold was faster, a campaign has a new generation or a person was erased
        meanwhile. Nothing was written; read again from `cursor()`. That saves work, and nobody may rely on it.
        """
        ...

    def cursor(self) -> str:
        """How far the log has been folded."""
        ...

    def count_put_aside(self) -> int:
        """How many messages are put aside."""
        ...

    def put_aside(self, after: tuple[str, str] = ("", ""), limit: int = 1_000) -> Sequence[PutAside]:
        """Messages put aside, in order of campaign and recipient, beginning after one."""
        ...

    def new_generation(
        self, campaign: str, fold: Callable[[Message], Folded]
    ) -> AbstractContextManager[Generation]:
        """A new generation of a campaign's states, for a `with` block: put there what was judged after this call.

        When the block ends, all that is in the log is in it, and then it takes the place of the former one, at once and
        as a whole: what was logged after this call is judged by `fold`, so others may append and fold meanwhile.
        Readers see the former one until then. When the block fails nothing has changed.

        Raises `Conflict` when a person was erased or another generation of the campaign was begun meanwhile: nothing
        has changed, start over.
        """
        ...

    def edition(self, rules: str) -> int:
        """The number of these rules, which come into force now: that of the last ones if they are the same, else the
        next."""
        ...

    def note_edition(self, edition: str, campaigns: Iterable[str], anew: bool = False) -> None:
        """Note that these campaigns are judged by an edition of the rules from now on.

        A campaign that has figures of another edition keeps that edition, unless everything was judged `anew`.
        """
        ...

    def editions(self) -> Mapping[str, int]:
        """How many campaigns have figures of each edition of the rules."""
        ...
