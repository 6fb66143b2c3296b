"""Hits that share a commit, and the answers that wait for it.

An answer may wait for the commit of a group without an event in it, so that nobody can tell by the time
whether a hit was recorded.
"""

import asyncio
from collections.abc import Callable

from mailpixel.model import Event

SendAnswer = Callable[[bool], None]
"""Called once on the event loop: with True after the commit, with False when the time limit came first."""


class Group:
    """Hits that are committed and answered together. `answered` is true once the time limit came before the commit."""

    __slots__ = ("answered", "answers", "events", "timer")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.answers: list[SendAnswer] = []
        self.answered = False
        self.timer: asyncio.TimerHandle | None = None

    def answer(self, durable: bool) -> None:
        """Answer the hits of the group, unless they are already answered."""
        if self.answered:
            return
        self.answered = True
        if self.timer is not None:
            self.timer.cancel()
        answers, self.answers = self.answers, []
        for answer in answers:
            answer(durable)
