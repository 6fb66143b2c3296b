"""What the projections offer: the states folded from the log, and the figures made of them.

One contract suite (`tests/integration/test_store_contract.py`) runs on every store.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from msgspec import Struct

from mailpixel.kinds import Reason
from mailpixel.model import Message
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.measures import Step, Tally, TallyKey, hit_counts, tally
from mailpixel.store.shown import SEEN, shown_by, with_reports
from mailpixel.store.standing import Standing, standing_of
from mailpixel.traffic.programs import UNKNOWN_CLIENT

FOLD = "fold"
"""The name of the consumer that folds. Its position moves together with the states it saves."""


class MessageState(Struct, frozen=True, gc=False, array_like=True):
    """The verdicts of one message, compact enough to keep for every message.

    `marks` holds one entry for each hit, in the order judged, packed by `mailpixel.store.verdict_codes`. The
    tally behind the counters is a pure function of the state. Times are None where nothing of the kind was
    seen. `client` is the program and device of the first human open, or without one the device of the first
    human click, packed by `mailpixel.traffic.programs`.

    `known` is how many distinct events were judged (0: not known, in states of earlier releases). `edition`
    is the number of the rules that judged them, in the order in which they came into force (0: not known).

    `bounced_at_ms` is the latest bounce unless a later delivery is known, `bounce_reason` its reason, and
    `complained_at_ms` the first complaint. `carried` holds the clicks that were carried on to a site, packed by
    `mailpixel.store.clicks`.
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
    bounced_at_ms: int | None = None
    bounce_reason: Reason | None = None
    complained_at_ms: int | None = None
    carried: bytes = b""

    @property
    def shown(self) -> int:
        """What is known of the message, as bits of `mailpixel.store.shown`: a pure function of the state."""
        return with_reports(self, shown_by(self.marks))

    @property
    def standing(self) -> Standing:
        """What is known of the recipient, in one word."""
        return standing_of(self.shown)

    @property
    def seen(self) -> bool:
        """Whether anything but hits with a broken signature is known: a message without that has no standing."""
        return bool(self.shown & SEEN)

    @property
    def knowledge(self) -> tuple[int, int]:
        """The sort key that decides which of two states of one message stays: the higher one.

        The state that knows more events wins, whoever judged it. Between equals the later rules win. So a
        slow fold never takes an event back, and neither do older rules that are in force again.
        """
        return self.known, self.edition

    @property
    def hits(self) -> Mapping[str, int]:
        """How many hits of each measure the message has, such as `opens.human`; without zeros."""
        return hit_counts(self.marks)

    @property
    def tally(self) -> Mapping[TallyKey, int]:
        """What the message adds to the counters of its campaign; `mailpixel.store.measures` lists the measures."""
        return tally([self])


Folded = MessageState | PutAside
"""The result of folding a message."""


@dataclass(frozen=True, slots=True)
class Counted:
    """States of different messages of one campaign, counted by whoever judged them, so that no one counts them again.

    `shown` has what each state shows, as bits of `mailpixel.store.shown`. `total` is what they add up to, and is not
    changed any more. `aside` are messages put aside.
    """

    states: Sequence[MessageState]
    shown: Sequence[int]
    total: Tally
    aside: Sequence[PutAside] = ()

    def cut(self, size: int) -> "Iterator[Counted]":
        """Parts of at most `size` states. Each has the total of all, and the last what was put aside."""
        last = max(len(self.states) - 1, 0) // size * size
        for start in range(0, last, size):
            yield Counted(self.states[start : start + size], self.shown[start : start + size], self.total)
        yield Counted(self.states[last:], self.shown[last:], self.total, self.aside)


def counted(folded: Iterable[Folded]) -> Counted:
    """Count what was folded. Of several results for one message the last stays."""
    last = {each.recipient: each for each in folded}
    states = [each for each in last.values() if isinstance(each, MessageState)]
    aside = [each for each in last.values() if isinstance(each, PutAside)]
    total = Tally()
    return Counted(states, [total.add(state) for state in states], total, aside)


@dataclass(frozen=True, slots=True)
class Figures:
    """The counters of one campaign at one moment.

    `totals` and `links` are the tally of its states at that moment, with what was counted without recipients, see
    `mailpixel.store.aggregates`, and what removed messages added. `totals` is by measure, `links` by link number and
    measure (-1: embedded destinations). `overflow` counts hits past the cap and `provisional` hits younger than the
    settle time. `as_of_ms` is the moment up to which the log has been folded (0: never). `edition` is the edition of
    the rules of the oldest figures (empty: not known). Messages whose last event was before `people_gone_ms` were
    removed (None: none were).
    """

    totals: Mapping[str, int]
    links: Mapping[int, Mapping[str, int]]
    overflow: int
    provisional: int
    as_of_ms: int
    edition: str = ""
    people_gone_ms: int | None = None


class Window(NamedTuple):
    """From `since_ms` up to, but not including, `until_ms` (milliseconds since 1970; None: no end)."""

    since_ms: int = 0
    until_ms: int | None = None


Buckets = Mapping[int, Mapping[str, int]]
"""Counters by the start of a quarter hour or day, in milliseconds since 1970, and by measure."""


class ReadProjections(Protocol):
    """Reads what was folded."""

    def figures(self, campaign: str, now_ms: int, settle_ms: int) -> Figures:
        """The counters of a campaign at one moment, unaffected by concurrent writes; zeros without events.

        The time does not grow with the log.
        """
        ...

    def timeline(
        self, campaign: str, since_ms: int = 0, until_ms: int | None = None, step: Step = Step.QUARTER
    ) -> Buckets:
        """Counters by quarter hour or by day (UTC): {start in ms: {measure: number}}, in order of time.

        A bucket that lies only partly between `since_ms` and `until_ms` (None: no end) is included as a
        whole. The time grows with the buckets returned, not with the campaign.
        """
        ...

    def figures_of(self, campaigns: Sequence[str], now_ms: int, settle_ms: int) -> Mapping[str, Figures]:
        """The figures of several campaigns at one moment, by campaign and without their links: one question."""
        ...

    def timelines(
        self, windows: Mapping[str, Window], measures: Sequence[str], step: Step = Step.QUARTER
    ) -> Mapping[str, Buckets]:
        """The timelines of several campaigns, each in a window of its own: one question, as of `timeline`.

        Only these measures. Every campaign asked for is in the answer, without events with no buckets.
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
        """States of a campaign in order of recipient, starting after one.

        All states, or those of one `standing`, or those with a human click on one
        `link` (-1: embedded destinations).
        """
        ...

    def states_of(self, recipients: Sequence[str], campaign: str | None = None) -> Sequence[MessageState]:
        """The states of these people, in one campaign or in all, in no order."""
        ...


class Generation(Protocol):
    """A complete set of states of one campaign while it is being filled."""

    def put(self, states: Iterable[Folded]) -> None:
        """Store these states, replacing former ones of the same messages. Messages put aside get no state.

        Raises `Conflict` when the generation was given up meanwhile.
        """
        ...

    def put_counted(self, part: Counted) -> None:
        """The same for states that are counted already."""
        ...


class Projections(ReadProjections, Protocol):
    """What was folded, for the fold itself. Cursors are opaque text; the empty one is the beginning.

    A case is one value: a fold writes one state for each message, which replaces the former one as a
    whole. Lists such as its marks are inside the state, so a case that is judged differently leaves
    nothing behind. A store may keep rows derived from states, such as counters or an index, but answers as
    if it computed them from the states.
    """

    def save(self, states: Sequence[Folded], news: News) -> None:
        """Replace the states of these messages and move the cursor to `news.position`.

        States may be saved a part at a time; the cursor moves with the last part. No knowledge is lost: a
        stored state that knows more stays, see `MessageState.knowledge`. Figures are the tally of the states.
        A state from before a person's erasure does not bring back what was erased. A message that is put
        aside keeps its former state. A message with a new state is no longer put aside.

        May raise `Conflict` when another fold was faster, a campaign has a new generation or a
        person was erased meanwhile. Then nothing was written: read again from `cursor()`. This only
        saves work, so do not rely on it.
        """
        ...

    def cursor(self) -> str:
        """How far the log has been folded."""
        ...

    def count_put_aside(self) -> int:
        """The number of messages put aside."""
        ...

    def put_aside(self, after: tuple[str, str] = ("", ""), limit: int = 1_000) -> Sequence[PutAside]:
        """Messages put aside, in order of campaign and recipient, starting after one."""
        ...

    def new_generation(
        self, campaign: str, fold: Callable[[Message], Folded], edition: str = ""
    ) -> AbstractContextManager[Generation]:
        """A new generation of a campaign's states, for a `with` block. Put in it what was judged after this call.

        When the block ends, everything in the log is in the generation, and it replaces the former one at
        once and as a whole. `fold` judges what was logged after this call, so others may append and fold
        meanwhile. Until then readers see the former generation. When the block fails, nothing has changed.
        The campaign is judged by this `edition` of the rules from the moment on in which readers see it (empty:
        its edition stays as noted).

        Raises `Conflict` when a person was erased or another generation of the campaign was begun meanwhile.
        Then nothing has changed: start over.
        """
        ...

    def note_edition(self, edition: str, campaigns: Iterable[str], anew: bool = False) -> None:
        """Note that these campaigns are judged by this edition of the rules from now on.

        A campaign with figures of another edition keeps that one, unless everything was judged `anew`.
        """
        ...

    def editions(self) -> Mapping[str, int]:
        """How many campaigns have figures of each edition of the rules."""
        ...
