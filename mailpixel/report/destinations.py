"""Where the destinations of a campaign lead, as somebody asked them: what is a fault, and what is only said."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from msgspec import Meta
from msgspec.structs import replace

from mailpixel.model import Link
from mailpixel.report.answer import Answer, Count

MOST_REDIRECTS = 5
GUARDED = frozenset({401, 403, 405, 406, 429, 999})
"""Statuses with which sites refuse programs, though a reader may pass."""

State = Literal["fine", "unsure", "fault"]


class Asked(Answer, frozen=True):
    """A destination as it answered: its last status behind `redirects`, and where that was.

    Without an answer `status` is null and `problem` says why. `private` hosts are not asked.
    """

    link: Count
    url: str
    status: int | None = None
    redirects: Count = 0
    final_url: str = ""
    https: Annotated[bool, Meta(description="Whether the last address is of https.")] = False
    took_ms: Count = 0
    problem: str = ""
    private: bool = False
    state: Annotated[
        State, Meta(description="`unsure`: a program cannot tell whether readers get through.")
    ] = "unsure"

    def of(self, link: Link, problem: str = "", private: bool = False) -> Self:
        """The same for a link, with why there was no answer."""
        why = problem or self.problem
        state: State = "unsure" if private or why.startswith("not asked") else "fault"
        return replace(self, link=link.number, url=link.url, problem=why, private=private, state=state)

    def in_time(self, took_ms: int) -> Self:
        """The same with how long it took."""
        return replace(self, took_ms=took_ms)

    def answered(self, status: int, redirects: int, final_url: str) -> Self:
        """The same with the last answer."""
        https = urlsplit(final_url).scheme == "https"
        found = replace(self, status=status, redirects=redirects, final_url=final_url, https=https)
        problem, state = _judged(found)
        return replace(found, problem=problem, state=state)

    @property
    def text(self) -> str:
        """The destination in one line."""
        there = f", {self.redirects} redirect(s) to {self.final_url}" if self.redirects else ""
        said = self.problem or f"status {self.status}"
        return f"link {self.link} ({self.url}): {said}{there}"


def _judged(asked: Asked) -> tuple[str, State]:
    status = asked.status or 0
    if status in GUARDED:
        return f"status {status}: the site may refuse programs, so open it in a browser", "unsure"
    if 300 <= status < 400:
        return f"more than {MOST_REDIRECTS} redirects", "fault"
    if status >= 400:
        return f"status {status}", "fault"
    if urlsplit(asked.url).scheme == "https" and not asked.https:
        return "leads from https to http", "fault"
    return ("", "fine") if asked.https else ("http: browsers warn of it", "unsure")
