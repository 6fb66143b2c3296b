"""One running service for the tests that only ask it things."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import Service, rows


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the campaign `c1` of two links."""
    data = tmp_path_factory.mktemp("service") / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--sent", "100",
         "--link", "https://shop.example/spring?a=1&b=2", "--link", "https://shop.example/ünïcode")  # fmt: skip
    with Service(data) as running:
        yield running


@pytest.fixture
def paths(service: Service, request: pytest.FixtureRequest) -> dict[str, str]:
    """The tracking paths of a recipient of the test's own: pixel, link_1, link_2, token."""
    recipient = f"r-{request.node.name}"[:100].replace("[", "-").replace("]", "")
    return signed(service, recipient)


def signed(service: Service, recipient: str) -> dict[str, str]:
    """What `mailpixel links` prints for one recipient, without the host."""
    named = {}
    for flags in ([], ["--merge"]):
        text = rows_of(service.data, recipient, service.url, flags)
        header, line = text.splitlines()
        named |= dict(zip(header.split(","), line.split(","), strict=True))
    return {name: value.replace(service.url, "") for name, value in named.items()}


def rows_of(data: Path, recipient: str, base_url: str, flags: list[str]) -> str:
    import os
    import subprocess
    import sys

    command = [sys.executable, "-m", "mailpixel", "--data", str(data), "links", "c1", "--recipients", "-", *flags]
    done = subprocess.run(
        command, input=f"recipient\n{recipient}\n", capture_output=True, text=True, check=True,
        env=os.environ | {"MAILPIXEL_BASE_URL": base_url},
    )  # fmt: skip
    return done.stdout
