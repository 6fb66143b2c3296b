"""A real receiver beside the real service: webhooks come, go and post while `work` runs."""

from pathlib import Path
from urllib.parse import urlsplit

from tests.support.builders import BROWSER
from tests.support.processes import wait_until
from tests.support.receiver import Post, a_receiver
from tests.support.service import Service, mailpixel, rows


def test_a_webhook_added_while_the_service_runs_gets_hits_and_a_slow_one_delays_nothing(
    tmp_path: Path,
) -> None:
    data, links = tmp_path / "data", tmp_path / "list.csv"
    settings = {"MAILPIXEL_SETTLE_S": "0", "MAILPIXEL_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    links.write_text("recipient\n" + "".join(f"r-{n}\n" for n in range(20)))
    rows(data, "campaign", "add", "spring", "--name", "Spring")
    with a_receiver() as quick, a_receiver() as slow, Service(data, environment=settings) as service:

        def late(post: Post) -> int:
            wait_until(lambda: len(quick.accepted) >= 20, "the quick one waits for the slow one")
            return 204

        slow.answer = late
        for name, receiver in (("quick", quick), ("slow", slow)):
            added = mailpixel_with(
                data, "webhook", "add", name, receiver.url, "--insecure", "--verdicts", "all"
            )
            assert added.startswith("whsec_")
        signed = rows(data, "links", "spring", "--recipients", str(links)).splitlines()[1:]
        for row in signed:
            url = next(cell for cell in row.split(",") if "/o/" in cell)
            assert service.get(urlsplit(url).path, headers={"user-agent": BROWSER})[0] == 200
        wait_until(lambda: len(set(quick.ids)) == 20, "not everything came", 30)
        wait_until(lambda: len(set(slow.ids)) == 20, "the slow one lacks something", 30)
        assert "quick" in rows(data, "webhook", "list")
        rows(data, "webhook", "remove", "quick", "--yes")
        assert mailpixel(data, "webhook", "show", "quick").returncode == 1


def mailpixel_with(data: Path, *arguments: str) -> str:
    """A command that may name this machine as a receiver."""
    import os
    import subprocess
    import sys

    env = os.environ | {"MAILPIXEL_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
