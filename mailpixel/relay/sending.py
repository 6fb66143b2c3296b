"""How a message goes to the upstream: whole, or as one copy for each address.

SMTP has one answer for all copies of a message. It is 250 when every copy was taken; else the client hears how many
were, and a client that tries again (4xx) sends only the missing ones: the relay remembers, for the latest messages,
who has a copy. A client that gives up (5xx) has a bounce for all, though some have the mail. After a restart of the
relay, or when the message is not the same byte for byte, those who had a copy get another.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

from mailpixel.dropins.headers import RECIPIENT_HEADER, Marked, read_marked
from mailpixel.relay.mail_tracking import MailCounts, MailOutcome, Outgoing, RelayTracking
from mailpixel.relay.reply import CUT_OFF, ITSELF, LOG_IN_REFUSED, UNCERTAIN, UNREACHABLE, SmtpReply
from mailpixel.relay.threads import RelayThreads
from mailpixel.relay.upstream import Line

REMEMBERED = 1_000
"""Messages of which the relay remembers who has a copy: those that not everybody has yet."""

_LOG = logging.getLogger("mailpixel.relay")
_GONE = (CUT_OFF, ITSELF, LOG_IN_REFUSED, UNCERTAIN, UNREACHABLE)


class Letter(NamedTuple):
    """A message as a client gave it, with the envelope; the sender is empty for a bounce."""

    sender: str
    options: Sequence[str]
    addresses: Sequence[str]
    content: bytes


class Sending:
    """Tracks messages and hands them on."""

    def __init__(self, tracking: RelayTracking, counts: MailCounts, threads: RelayThreads) -> None:
        self._tracking = tracking
        self._counts = counts
        self._threads = threads
        self._have_a_copy: OrderedDict[bytes, set[str]] = OrderedDict()

    async def handed_on(self, line: Line, letter: Letter) -> SmtpReply:
        """The upstream's answer to a message, or to its copies together."""
        marked = read_marked(letter.content)
        outgoing = Outgoing(marked.content, MailOutcome.UNMARKED)
        copies = self._tracking.split(marked, letter.addresses)
        if copies:
            first = await self._threads.rewriting(partial(self._tracking.copy, marked, copies[0]))
            if first.outcome is MailOutcome.COPY:
                return await self._copies(line, letter, marked, copies)
            outgoing = Outgoing(marked.content, MailOutcome.UNTRACKED, first.reason)
        elif marked.campaigns:
            outgoing = await self._threads.rewriting(
                lambda: self._tracking.outgoing(marked, letter.addresses)
            )
        return self._noted(await self._threads.waiting(lambda: line.content(outgoing.content)), outgoing)

    async def _copies(self, line: Line, letter: Letter, marked: Marked, addresses: list[str]) -> SmtpReply:
        if marked.recipients:
            _LOG.warning("%s names one of several people and was not used", RECIPIENT_HEADER)
        key = blake2b(
            f"{letter.sender}\0".encode("utf-8", "replace") + letter.content, digest_size=16
        ).digest()
        done = self._have_a_copy.pop(key, set())
        replies = []
        for address in addresses:
            if address.lower() in done:
                continue
            outgoing = await self._threads.rewriting(partial(self._tracking.copy, marked, address))
            send = partial(line.whole, letter.sender, letter.options, address, outgoing.content)
            replies.append(self._noted(await self._threads.waiting(send), outgoing))
            if replies[-1].accepted:
                done.add(address.lower())
            if replies[-1] in _GONE:
                break
        if len(done) < len(addresses):
            self._remember(key, done)
        return answer_for(replies, len(done), len(addresses))

    def _remember(self, key: bytes, done: set[str]) -> None:
        self._have_a_copy[key] = done
        if len(self._have_a_copy) > REMEMBERED:
            self._have_a_copy.popitem(last=False)

    def _noted(self, reply: SmtpReply, outgoing: Outgoing) -> SmtpReply:
        if reply.accepted:
            self._counts.handed_on(outgoing.outcome)
            if outgoing.reason:
                _LOG.warning("a message went out untracked: %s", outgoing.reason)
        return reply


def answer_for(replies: Sequence[SmtpReply], done: int, copies: int) -> SmtpReply:
    """The one answer for all copies: that they are all taken; else to try again if that may help any; else why not."""
    refused = [reply for reply in replies if not reply.accepted]
    if not refused:
        return replies[-1] if replies else SmtpReply(250, "2.0.0 Every recipient has a copy")
    worst = next((reply for reply in refused if reply.code < 500), refused[0])
    text = worst.text.splitlines()[0] if worst.text else ""
    return SmtpReply(worst.code, f"{text} ({done} of {copies} copies were handed on)")
