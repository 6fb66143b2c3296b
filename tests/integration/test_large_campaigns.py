"""What a mail costs beside the size of its campaign."""

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

from mailpixel.dropins.campaigns import campaigns_of
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.store.sqlite import SqliteRegistry
from tests.support.builders import a_campaign

LINKS = 20_000
MOST_BYTES = 500_000
"""What a mail may take at once: all links take about 6 MB."""


def test_a_mail_reads_none_of_the_links_that_it_does_not_have(tmp_path: Path) -> None:
    registry = SqliteRegistry(tmp_path / "registry.db")
    registry.add_campaign(a_campaign(links=LINKS))
    campaigns = campaigns_of(
        registry, new_keyring(datetime(2026, 11, 25, tzinfo=UTC)), RewriteOptions("https://t.example")
    )
    html = '<a href="https://shop.example/p/19999">A</a><a href="https://shop.example/own">B</a>'
    campaigns("spring").html(html, "r-1")
    tracemalloc.start()
    sent = campaigns("spring").html(html, "r-2")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    registry.close()
    assert [link.number for link in sent.links] == [19_999, LINKS + 1]
    assert peak < MOST_BYTES
