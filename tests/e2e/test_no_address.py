"""A real service keeps no exact address: not in a file, not in what it prints, not in its metrics."""

import os
import re
from pathlib import Path
from socket import AF_INET6, inet_pton

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from tests.support.processes import wait_until
from tests.support.service import Service, rows
from tests.support.stores import open_settled

ADDRESSES = ("203.0.113.177", "198.51.100.213", "40.94.29.84", "192.0.2.241", "2001:db8:77:88:99:aa:bb:cc")
"""One is in a published network, one in a network of the operator."""
NETWORKS = ("203.0.113.0", "198.51.100.0", "40.94.29.0", "192.0.2.0", "2001:db8:77::")
CAP = 10


def hit(service: Service, signer: TokenSigner, address: str, number: int) -> None:
    """Everything that a client can ask for, good and bad, from one address."""
    headers = {"X-Forwarded-For": address, "User-Agent": f"Mozilla/5.0 client {number}"}
    token = signer.sign(Claims(TokenKind.MESSAGE, "c1", "r-1"))
    embedded = signer.sign(Claims(TokenKind.CLICK, "c1", f"r-{number}", destination="https://shop.example/x"))
    paths = [f"/o/{token}.gif", f"/c/{token}/1", f"/c/{embedded}", f"/c/{token}/99", f"/o/{token[:-1]}.gif"]
    paths += [f"/o/{token}'", "/o/nonsense.gif", "/c/nonsense", f"/u/{token}", "/nothing", "/api/campaigns"]
    for path in paths * 2:
        service.get(path, headers=headers)
    service.get(f"/o/{token}.gif", "HEAD", headers)
    service.get("/api/campaigns", headers=headers | {"Authorization": "Bearer mp_wrong"})
    service.get("/healthz", headers=headers | {"X-Forwarded-For": f"junk, {address}"})
    optout = signer.sign(Claims(TokenKind.MESSAGE, "c1", f"out-{number}"))
    service.get(f"/u/{optout}", "POST", headers)


def traces(address: str, texts: list[bytes]) -> bool:
    """Whether an address stands in one of these texts, as text or, for IPv6, packed."""
    sought = [rb"(?<![0-9.])" + re.escape(address.encode()) + rb"(?![0-9])"]
    if ":" in address:
        sought.append(re.escape(inet_pton(AF_INET6, address)))
    return any(re.search(pattern, text) for pattern in sought for text in texts)


@pytest.mark.parametrize(
    ("mode", "unknown", "kept"),
    [
        ("individual", "individual", False),
        pytest.param("full", "full", True, marks=pytest.mark.soak),
    ],
)
def test_no_exact_address_is_on_disk_or_in_what_is_printed(
    mode: str, unknown: str, kept: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/spring")
    signer = TokenSigner(load_keyring(data / "keys.json"))
    environment = {
        "MAILPIXEL_TRUSTED_PROXIES": "127.0.0.1",
        "MAILPIXEL_MODE": mode,
        "MAILPIXEL_UNKNOWN_CONSENT": unknown,
        "MAILPIXEL_OPERATOR_NETWORKS": "192.0.2.240/28",
        "MAILPIXEL_MESSAGE_CAP": str(CAP),
        "MAILPIXEL_ACCESS_LOG": "json",
        "MAILPIXEL_METRICS": "open",
    }
    with Service(data, ["--workers", "2"], environment) as service:
        for number, address in enumerate(ADDRESSES):
            hit(service, signer, address, number)
        store, _ = open_settled(data / "mailpixel.db")
        wait_until(lambda: len(store.message("c1", "r-1").events) >= CAP, "the hits were not logged")
        wait_until(lambda: store.consumer("fold").waiting().events == 0, "the hits were not counted")
        metrics = service.get("/metrics", headers={"X-Forwarded-For": ADDRESSES[0]})[2]
        texts = [metrics, *files(data)]
        said = service.stop()
    printed = capfd.readouterr()
    texts += [said.encode(), printed.out.encode(), printed.err.encode(), *files(data)]
    assert b'"status"' in printed.out.encode()
    assert [address for address in ADDRESSES if traces(address, texts)] == []
    networks = [network for network in NETWORKS if traces(network, texts)]
    assert networks == (list(NETWORKS) if kept else [])
    events = store.message("c1", "r-1").events
    assert {len(event.tag) for event in events} == {8}
    store.close()


def files(data: Path) -> list[bytes]:
    """What every file of the folder holds."""
    found = [Path(folder) / name for folder, _, names in os.walk(data) for name in names]
    assert any(path.name == "mailpixel.db" for path in found)
    return [path.read_bytes() for path in found if path.is_file()]
