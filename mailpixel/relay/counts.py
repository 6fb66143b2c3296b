"""What became of the mail that came to the relay, in numbers that an operator can watch."""

from collections import Counter

from mailpixel.relay.reply import Reply
from mailpixel.relay.tracking import Outcome


class Counts:
    """Messages handed on since the start, by outcome, and steps that were refused: a sender, a recipient or a
    message, `deferred` those that may be tried again (4xx), `refused` the others (5xx)."""

    def __init__(self) -> None:
        self._messages: Counter[Outcome] = Counter()
        self._steps: Counter[str] = Counter()

    def handed_on(self, outcome: Outcome) -> None:
        """The upstream has taken a message."""
        self._messages[outcome] += 1

    def answered(self, reply: Reply) -> None:
        """A client was answered, this way or that."""
        if not reply.accepted:
            self._steps["deferred" if reply.code < 500 else "refused"] += 1

    def __str__(self) -> str:
        """As `handed on 1,000 message(s): 900 tracked, 100 unmarked; 8 step(s) deferred, 1 step(s) refused`."""
        outcomes = _listed(self._messages, "")
        parts = [f"handed on {self._messages.total():,} message(s)" + (f": {outcomes}" if outcomes else "")]
        return "; ".join(filter(None, [*parts, _listed(self._steps, "step(s) ")]))


def _listed(counter: Counter[Outcome] | Counter[str], unit: str) -> str:
    return ", ".join(f"{count:,} {unit}{name}" for name, count in sorted(counter.items()))
