"""Preparing and rendering templates, against turbohtml's bare parse and a bare join of the same pieces, in one run.

Templates are those `scripts/fetch_corpus` fetches, with links put in, where the cache holds them; and a mail of 50 kB
with 10 links made here. Both sides of a ratio take turns over the same texts; the best turn of each counts,
in CPU time.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import turbohtml

from mailpixel.folder.key_file import new_keyring
from mailpixel.links.html import prepare
from mailpixel.links.minter import Minter
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.plan import Plan
from tests.benchmarks.table import print_rows
from tests.support.corpus import documents, hydrated

TURNS = 15
RECIPIENTS = 100_000
OPTIONS = RewriteOptions("https://t.example")
ROW = (
    '<table width="100%" style="border-collapse:collapse"><tr><td align="center" style="padding:10px 25px;color:#333">'
    "Dear reader, this week we have news for you, and all of it is good.</td></tr></table>\n"
)
LINK = '<a href="https://shop.test/offer?id={0}&amp;from=mail" style="color:#fff;text-decoration:none">Offer {0}</a>\n'
MAIL = (
    "<!doctype html><html><head><title>News</title></head><body>"
    + "".join(LINK.format(place) + ROW * 24 for place in range(10))
    + "</body></html>"
)
URL = "https://t.example/c/AQEBq8Jx0mV3nK5tPz7wQeYcUiOaSdFgHjKlZxCvBnM1234567890/{}"


def best_of(*calls: Callable[[], object]) -> list[float]:
    """The shortest of so many turns of each call, taken in turn, in seconds of CPU."""
    best = [float("inf")] * len(calls)
    for _ in range(TURNS):
        for place, call in enumerate(calls):
            started = time.process_time()
            call()
            best[place] = min(best[place], time.process_time() - started)
    return best


def prepare_row(name: str, texts: Sequence[str]) -> tuple[str, str, str, str]:
    """Preparing against parsing with locations."""
    bare, ours = best_of(
        lambda: [turbohtml.parse(text, source_locations=True) for text in texts],
        lambda: [prepare(text, OPTIONS) for text in texts],
    )
    megabytes = sum(map(len, texts)) / 1e6
    return (
        f"prepare, {name}",
        f"{megabytes / ours:.0f} MB/s",
        f"{megabytes / bare:.0f} MB/s",
        f"{bare / ours:.2f}",
    )


def render_row(name: str, plans: Sequence[Plan[str]], rounds: int) -> tuple[str, str, str, str]:
    """Rendering against a join of the very pieces, with the URLs in their places already."""
    jobs = [(plan, [URL.format(number) for number in plan.numbers], ready_pieces(plan)) for plan in plans]
    bare, ours = best_of(
        lambda: ["".join(pieces) for _, _, pieces in jobs for _ in range(rounds)],
        lambda: [plan.render(urls, URL) for plan, urls, _ in jobs for _ in range(rounds)],
    )
    count = len(jobs) * rounds
    return (f"render, {name}", f"{count / ours:,.0f}/s", f"{count / bare:,.0f}/s", f"{bare / ours:.2f}")


def ready_pieces(plan: Plan[str]) -> list[str]:
    """The constant pieces with encoded URLs between them."""
    urls = [URL.format(number) for number in plan.numbers]
    pieces = list(plan.template.parts)
    pieces[1::2] = plan.template.encoded([*urls, URL])
    return pieces


def signed_row() -> tuple[str, str, str, str]:
    """Signing ten links and a pixel and rendering, for each recipient anew."""
    minter = Minter(new_keyring(datetime(2026, 11, 25, tzinfo=UTC)), "https://t.example", "news")
    plan = prepare(MAIL, OPTIONS)
    started = time.process_time()
    for place in range(RECIPIENTS):
        recipient = f"r{place}"
        urls = [minter.link(recipient, number) for number in plan.numbers]
        plan.render(urls, minter.pixel(recipient))
    rate = RECIPIENTS / (time.process_time() - started)
    return (f"sign 11 URLs and render, {RECIPIENTS:,} recipients", f"{rate:,.0f}/s", "-", "-")


def main() -> None:
    """Print the table."""
    texts = [hydrated(text) for text in documents().values()]
    whole = [text for text in texts if len(text) >= 10_000]
    rows = []
    for name, chosen in ((f"{len(texts)} templates", texts), (f"the {len(whole)} of 10 kB and more", whole)):
        if chosen:
            rows += [
                prepare_row(name, chosen),
                render_row(name, [prepare(text, OPTIONS) for text in chosen], 5),
            ]
    mail = f"a mail of {len(MAIL) // 1000} kB with 10 links"
    rows += [prepare_row(mail, [MAIL] * 20), render_row(mail, [prepare(MAIL, OPTIONS)], 2000), signed_row()]
    print_rows("Rewriting", ("what", "rate", "bare reference", "ratio"), rows)


if __name__ == "__main__":
    main()
