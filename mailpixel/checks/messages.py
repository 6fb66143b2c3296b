"""Whether the state of a message is that of its events."""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from mailpixel.model import Message
from mailpixel.store.clicks import ids_in
from mailpixel.store.log import PutAside
from mailpixel.store.projections import Folded, MessageState
from mailpixel.store.sqlite.checked_cases import CheckedMessage
from mailpixel.store.standing import CODES
from mailpixel.store.verdict_codes import codes

Fold = Callable[[Message | PutAside], Folded]
"""Folds a message by the rules in force."""
UNJUDGED = (
    "delivered_at_ms",
    "opted_out",
    "last_event_at_ms",
    "bounced_at_ms",
    "bounce_reason",
    "complained_at_ms",
)
"""What a state says whatever the rules are."""


@dataclass(slots=True)
class CheckedCampaign:
    """What was found in a campaign so far. `unnoted` names messages that their person's campaigns lack.

    `fold` folds by the rules in force, whose number is `edition`. A state of another number was made by other rules,
    and a campaign that is `changing` waits to be judged again: of these only what no rule decides is compared.
    """

    id: str
    fold: Fold
    edition: int
    changing: bool = False
    messages: int = 0
    differ: int = 0
    unnoted: list[str] = field(default_factory=list)

    def add(self, message: CheckedMessage) -> None:
        """Look at one message."""
        self.messages += 1
        if not message.noted:
            self.unnoted.append(message.recipient)
        if not message.waits and not self._fits(message):
            self.differ += 1

    def _fits(self, message: CheckedMessage) -> bool:
        logged, state = message.logged, message.state
        if logged is None or state is None:
            return logged is None and state is None
        folded = self.fold(logged)
        if isinstance(folded, PutAside):
            return False  # it should have been put aside
        return self._is(state, folded) and _is_derived(message, state)

    def _is(self, state: MessageState, folded: MessageState) -> bool:
        if state.known not in (0, folded.known):
            return False
        if state.edition == self.edition and state.known and not self.changing:
            return state == replace(folded, edition=state.edition)
        same = all(getattr(state, name) == getattr(folded, name) for name in UNJUDGED)
        return not state.known or (same and len(codes(state.marks)) == len(codes(folded.marks)))


def _is_derived(message: CheckedMessage, state: MessageState) -> bool:
    """Whether the standing and the index of clicks are those of the state."""
    return message.standing == CODES[state.shown] and message.clicks >= frozenset(ids_in(state.carried))
