"""What the relay does with a message on its way: take our headers out, and track it when they ask for that."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mailpixel.claims import check_recipient
from mailpixel.dropins.campaigns import Campaigns
from mailpixel.dropins.headers import (
    PIXEL_HEADER,
    SPLIT_HEADER,
    Marked,
    header_values,
    is_yes,
    without_headers,
)
from mailpixel.dropins.people import distinct
from mailpixel.errors import InvalidInput, safe_message
from mailpixel.links.keyring import Keyring, pseudonym
from mailpixel.links.parts.skipped import SkippedPart
from mailpixel.links.splicing.options import check_pixel
from mailpixel.relay.reply import SmtpReply


class MailOutcome(StrEnum):
    """What became of a message."""

    UNMARKED = "unmarked"
    """It asked for nothing."""
    TRACKED = "tracked"
    COPY = "copy"
    """A tracked copy for one address of a message that was split."""
    SEVERAL = "several"
    """It asked, and goes to several addresses in one copy."""
    UNTRACKED = "untracked"
    """It asked, and could not be tracked."""
    UNRECORDED = "unrecorded"
    """It asked, and nothing is recorded of its recipient."""


class MailCounts:
    """Messages sent on since the start, by outcome, and refused steps: a sender, a recipient or a message.

    `deferred` steps may be tried again (4xx), `refused` ones may not (5xx).
    """

    def __init__(self) -> None:
        self._messages: Counter[MailOutcome] = Counter()
        self._steps: Counter[str] = Counter()

    def handed_on(self, outcome: MailOutcome) -> None:
        """The upstream has taken a message."""
        self._messages[outcome] += 1

    def answered(self, reply: SmtpReply) -> None:
        """A client was answered, this way or that."""
        if not reply.accepted:
            self._steps["deferred" if reply.code < 500 else "refused"] += 1

    def __str__(self) -> str:
        """As `handed on 1,000 message(s): 900 tracked, 100 unmarked; 8 step(s) deferred, 1 step(s) refused`."""
        outcomes = _listed(self._messages, "")
        parts = [f"handed on {self._messages.total():,} message(s)" + (f": {outcomes}" if outcomes else "")]
        return "; ".join(filter(None, [*parts, _listed(self._steps, "step(s) ")]))


def _listed(counter: Counter[MailOutcome] | Counter[str], unit: str) -> str:
    return ", ".join(f"{count:,} {unit}{name}" for name, count in sorted(counter.items()))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it goes to the upstream, its outcome, and the reason (empty for the outcome that was wanted)."""

    content: bytes
    outcome: MailOutcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asks:
    """What the operator asks of all messages; a message's own headers come first where they can say it.

    `recipient_header` names a header of the sender's software that holds the recipient's id where
    `X-Mailpixel-Recipient` is missing; it stays in the message. `split` sends one copy to each address.
    """

    recipient_header: str | None = None
    split: bool = False


class RelayTracking:
    """Tracks marked messages.

    No method raises: a tracker must never stop a mailing.
    """

    def __init__(self, campaigns: Campaigns, keyring: Keyring, asks: Asks = Asks()) -> None:
        self._campaigns = campaigns
        self._keyring = keyring
        self._asks = asks

    def outgoing(self, marked: Marked, addresses: Sequence[str]) -> Outgoing:
        """A message that asks to be tracked, as it goes to these addresses in one copy.

        A message with one `X-Mailpixel-Campaign` header is tracked for the id in `X-Mailpixel-Recipient`, or in the
        other header, or for the keyed pseudonym of its only address. One token is for one person, so that with several
        addresses it goes out untracked.
        """
        if len(distinct(addresses)) > 1:
            return Outgoing(marked.content, MailOutcome.SEVERAL, self._why_several(marked))
        return self._made(marked, lambda: self._recipient(marked, addresses[0]), MailOutcome.TRACKED)

    def split(self, marked: Marked, addresses: Sequence[str]) -> list[str]:
        """The addresses that get a copy of their own; empty where the message goes out whole."""
        people = distinct(addresses)
        try:
            is_split = self._asks_split(marked)
        except InvalidInput:
            return []
        return people if is_split and marked.campaigns and 1 < len(people) <= MOST_COPIES else []

    def copy(self, marked: Marked, address: str) -> Outgoing:
        """The copy of a message that is split for one address: for its keyed pseudonym, without Bcc."""
        alone = replace(marked, content=without_headers(marked.content, _HIDDEN))
        return self._made(alone, lambda: pseudonym(self._keyring, address), MailOutcome.COPY)

    def _asks_split(self, marked: Marked) -> bool:
        """Raises `InvalidInput` for a header that is neither yes nor no."""
        return is_yes(marked.splits[-1]) if marked.splits else self._asks.split

    def _why_several(self, marked: Marked) -> str:
        try:
            is_asked = self._asks_split(marked)
        except InvalidInput as error:
            return safe_message(error)
        if is_asked:
            return f"it goes to more than {MOST_COPIES} addresses, too many to split"
        return f"it goes to several addresses; {SPLIT_HEADER}: yes or --split sends each a copy"

    def _made(self, marked: Marked, recipient: Callable[[], str], outcome: MailOutcome) -> Outgoing:
        try:
            if len(marked.campaigns) != 1 or len(marked.pixels) > 1:
                raise InvalidInput("headers", "an X-Mailpixel header is repeated; keep one of each")
            place = check_pixel(marked.pixels[0], PIXEL_HEADER) if marked.pixels else None
            rewriter = self._campaigns(marked.campaigns[0]).with_style(place)
            rewritten = rewriter.message(marked.content, recipient())
        except Exception as error:
            return Outgoing(marked.content, MailOutcome.UNTRACKED, safe_message(error))
        if rewritten.failure is not None:
            return Outgoing(marked.content, MailOutcome.UNTRACKED, safe_message(rewritten.failure))
        if not rewritten.treatment.has_any:
            return Outgoing(rewritten.output, MailOutcome.UNRECORDED)
        if not (rewritten.links or rewritten.carried or rewritten.has_pixel):
            return Outgoing(marked.content, MailOutcome.UNTRACKED, _no_place(rewritten.skipped_parts))
        return Outgoing(rewritten.output, outcome)

    def _recipient(self, marked: Marked, address: str) -> str:
        """The recipient's id. Raises `InvalidInput`."""
        ids = marked.recipients
        if not ids and self._asks.recipient_header is not None:
            ids = header_values(marked.content, self._asks.recipient_header)
        if len(ids) > 1:
            raise InvalidInput("recipient", "is set more than once; set it once")
        return check_recipient(ids[0]) if ids else pseudonym(self._keyring, address)


MOST_COPIES = 100
"""The most copies of one message: the client waits for the answer to all of them."""
_HIDDEN = ("Bcc", "Resent-Bcc")


def _no_place(skipped: Sequence[SkippedPart]) -> str:
    causes = ", ".join(part.cause for part in skipped)
    return "it has no place for links or a pixel" + (f" ({causes})" if causes else "")
