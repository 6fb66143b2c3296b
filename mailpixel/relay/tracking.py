"""What the relay does with a message on its way: take our headers out, and track it when they ask for that."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailpixel.dropins.campaigns import Campaigns
from mailpixel.dropins.headers import Marked, header_values
from mailpixel.errors import InvalidInput, told
from mailpixel.links.claims import check_recipient
from mailpixel.links.keyring import Keyring, pseudonym


class Outcome(StrEnum):
    """What became of a message."""

    UNMARKED = "unmarked"
    """It asked for nothing."""
    TRACKED = "tracked"
    SEVERAL = "several"
    """It asked, goes to several addresses and names no recipient."""
    UNTRACKED = "untracked"
    """It asked, and could not be tracked."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it goes to the upstream, what became of it, and why (empty where it is as asked for)."""

    content: bytes
    outcome: Outcome
    reason: str = ""


class RelayTracking:
    """Tracks marked messages. `recipient_header` names a header of the sender's software that holds the recipient's
    id where `X-Mailpixel-Recipient` is missing; it stays in the message."""

    def __init__(self, campaigns: Campaigns, keyring: Keyring, recipient_header: str | None = None) -> None:
        self._campaigns = campaigns
        self._keyring = keyring
        self._recipient_header = recipient_header

    def outgoing(self, marked: Marked, addresses: Sequence[str]) -> Outgoing:
        """A message that asks to be tracked, as it goes to these addresses.

        Never raises: a tracker must never stop a mailing. A message with one `X-Mailpixel-Campaign` header is tracked
        for the id in `X-Mailpixel-Recipient`, or in the other header, or for the keyed pseudonym of its only address.
        With several addresses and no id it goes out untracked: one copy each would be fairer, but SMTP has one answer
        for all of them, so that a refusal of one copy would double the others.
        """
        if len(marked.campaigns) != 1:
            return Outgoing(marked.content, Outcome.UNTRACKED, "it names several campaigns")
        try:
            recipient = self._recipient(marked.recipients, marked.content, addresses)
            if recipient is None:
                return Outgoing(
                    marked.content, Outcome.SEVERAL, "it goes to several addresses and names no recipient"
                )
            return self._tracked(marked.content, marked.campaigns[0], recipient)
        except Exception as error:
            return Outgoing(marked.content, Outcome.UNTRACKED, told(error))

    def _tracked(self, content: bytes, campaign: str, recipient: str) -> Outgoing:
        rewritten = self._campaigns(campaign).message(content, recipient)
        if rewritten.failure is not None:
            return Outgoing(content, Outcome.UNTRACKED, told(rewritten.failure))
        if not rewritten.links and not rewritten.has_pixel:
            causes = ", ".join(part.cause for part in rewritten.left)
            return Outgoing(content, Outcome.UNTRACKED, f"it has no place for links or a pixel ({causes})")
        return Outgoing(rewritten.output, Outcome.TRACKED)

    def _recipient(self, named: Sequence[str], content: bytes, addresses: Sequence[str]) -> str | None:
        """The recipient's id, or None where nobody can say which of several. Raises `InvalidInput`."""
        ids = named
        if not ids and self._recipient_header is not None:
            ids = header_values(content, self._recipient_header)
        if len(ids) > 1:
            raise InvalidInput("recipient", "is named more than once; name one")
        if ids:
            return check_recipient(ids[0])
        return pseudonym(self._keyring, addresses[0]) if len(addresses) == 1 else None
