"""Checks where the links of a campaign lead, a few at a time and within a bounded time."""

import queue
import threading
import time
from collections.abc import Iterator, Sequence

from mailpixel.doctor.following import follow
from mailpixel.doctor.http import HttpAnswer, NoAnswer
from mailpixel.doctor.local import Check, Grade
from mailpixel.errors import InvalidInput
from mailpixel.links.destination import check_destination
from mailpixel.model import Campaign, Link

AT_ONCE = 8
WITHIN_S = 60.0
"""How long all of them may take together."""
GUARDED = frozenset({401, 403, 405, 406, 429, 999})
"""Statuses with which sites refuse programs, though a reader may pass."""

Found = dict[int, HttpAnswer | NoAnswer]


def check_links(
    campaign: Campaign, within_s: float = WITHIN_S, allowed: Sequence[str] = ()
) -> Iterator[Check]:
    """One check a link: HEAD, and GET where HEAD is refused; redirects are followed.

    Only public addresses are asked, and those of the networks `allowed`.
    """
    found = _ask_all(campaign.links, within_s, allowed)
    for link in campaign.links:
        yield judge_link(campaign.id, link, found.get(link.number, NoAnswer("not checked: the time was up")))
    if not campaign.links:
        yield Check(
            "link", Grade.WARN, f"campaign {campaign.id} has no links", "register them, or rewrite a template"
        )


def judge_link(campaign: str, link: Link, answer: HttpAnswer | NoAnswer) -> Check:
    """The check of a link, from an answer."""
    name, where = f"link {link.number}", link.url if len(link.url) <= 100 else link.url[:99] + "…"
    remedy = f"correct it, also in mail already sent: mailpixel campaign edit {campaign} --correct {link.number} URL"
    if isinstance(answer, NoAnswer):
        return Check(name, Grade.FAIL, f"{where}: {answer.problem}", remedy)
    if answer.status in GUARDED:
        return Check(
            name,
            Grade.WARN,
            f"{where}: {answer.status}",
            "open it in a browser: the site may refuse programs",
        )
    grade = Grade.OK if answer.status < 300 else Grade.FAIL
    return Check(name, grade, f"{where}: {answer.status}", "" if grade is Grade.OK else remedy)


def _ask_all(links: Sequence[Link], within_s: float, allowed: Sequence[str]) -> Found:
    """The answers that came in time. The threads are daemons, so one that hangs does not delay the exit."""
    waiting: queue.SimpleQueue[Link] = queue.SimpleQueue()
    for link in links:
        waiting.put(link)
    found: Found = {}
    threads = [
        threading.Thread(target=_ask_next, args=(waiting, found, allowed), daemon=True)
        for _ in links[:AT_ONCE]
    ]
    until = time.monotonic() + within_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(until - time.monotonic(), 0))
    return dict(found)


def _ask_next(waiting: "queue.SimpleQueue[Link]", found: Found, allowed: Sequence[str]) -> None:
    while True:
        try:
            link = waiting.get_nowait()
        except queue.Empty:
            return
        found[link.number] = _ask_link(link, allowed)


def _ask_link(link: Link, allowed: Sequence[str]) -> HttpAnswer | NoAnswer:
    try:
        url = check_destination(link.url)
    except InvalidInput as error:
        return NoAnswer(error.problem)
    answer = follow(url, "HEAD", allowed)
    refused = isinstance(answer, NoAnswer) or answer.status >= 300
    return follow(url, "GET", allowed) if refused else answer
