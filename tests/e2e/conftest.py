"""One running service for the tests that only ask it things."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import forked
from tests.support.service import Service, rows


@pytest.fixture(scope="package", autouse=True)
def unmeasured() -> Iterator[None]:
    """Leave the processes of these tests out of the coverage: it halves their speed, and the tests of the parts cover
    the same lines."""
    settings = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE")}
    yield
    os.environ.update(settings)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the campaign `c1` of two links."""
    data = tmp_path_factory.mktemp("service") / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--sent", "100",
         "--link", "https://shop.example/spring?a=1&b=2", "--link", "https://shop.example/ünïcode")  # fmt: skip
    with Service(data) as running:
        yield running


@pytest.fixture
def paths(service: Service) -> dict[str, str]:
    """The tracking paths of a recipient of the test's own: pixel_url, link_1, link_2, token."""
    return signed(service, f"r-{secrets.token_hex(8)}")


def signed(service: Service, recipient: str) -> dict[str, str]:
    """What `mailpixel links` prints for one recipient, without the host."""
    named: dict[str, str] = {}
    for flags in ([], ["--merge"]):
        text = rows_of(service.data, recipient, service.url, flags)
        header, line = text.splitlines()
        named |= dict(zip(header.split(","), line.split(","), strict=True))
    return {name: value.replace(service.url, "") for name, value in named.items()}


def rows_of(data: Path, recipients: str, base_url: str, flags: list[str]) -> str:
    """What `mailpixel links` prints for recipients, one a line."""
    arguments = ["--data", str(data), "links", "c1", "--recipients", "-", *flags]
    done = forked(arguments, f"recipient\n{recipients}\n", {"MAILPIXEL_BASE_URL": base_url})
    assert done.returncode == 0, done.stderr
    return done.stdout
