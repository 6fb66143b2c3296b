"""The snippet for servers, run as it is printed, against the service."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.commands import forked
from tests.support.service import Service, rows


def test_both_halves_of_the_snippet_for_servers_report_an_order(tmp_path: Path) -> None:
    data = tmp_path / "data"
    rows(data, "site", "add", "shop", "--host", "shop.example")
    key = rows(data, "apikey", "add", "shop", "--scope", "write").strip()
    with Service(data) as service:
        address = {"MAILPIXEL_BASE_URL": service.url}
        printed = forked(
            ("--data", str(data), "site", "snippet", "shop", "--for", "server"), None, address
        ).stdout
        for joins_it_to_a_mail in ('"recipient"', '"click"', '"consent"'):
            assert joins_it_to_a_mail in printed
        shell, python = printed.split("\n\n", 1)
        for command in (["bash", "-c", shell], [sys.executable, "-c", python]):
            environment = {**os.environ, "MAILPIXEL_KEY": key}
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout) == {
                "accepted": 1, "failed": 0, "named": 0, "not_named": 0
            }  # fmt: skip


def test_an_image_for_a_site_that_asks_is_refused_with_the_reason(tmp_path: Path) -> None:
    rows(tmp_path, "site", "add", "shop", "--host", "shop.example")
    refused = forked(("--data", str(tmp_path), "site", "snippet", "shop", "--for", "noscript"))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--for noscript: is not for a site that asks first" in refused.stderr
