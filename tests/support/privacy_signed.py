"""What mail of cells of the matrix of privacy is signed with: by commands, and as it must be."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mailpixel.links.keyring import Key
from tests.support.commands import forked
from tests.support.minting import minted
from tests.support.privacy_matrix import Cell, Choice
from tests.support.privacy_oracle import KINDS, ORDER

BASE = "https://t.example"
DESTINATION = "https://shop.example/p/1"


class Signed:
    """Tokens of cells, signed with a key."""

    def __init__(self, key: Key, choice: Choice, data: Path, environment: dict[str, str]) -> None:
        self._key, self._choice = key, choice
        self._data, self._environment = data, environment

    def differences(self, cell: Cell) -> Iterator[str]:
        """What differs in the row that `mailpixel links` prints."""
        if cell.token not in ("mode byte", "merge"):
            return
        is_merged = cell.token == "merge"
        command = ["--data", str(self._data), "links", cell.campaign, "--recipients", "-", "--merge"]
        environment = self._environment | {"MAILPIXEL_BASE_URL": BASE}
        done = forked(command[: 7 if is_merged else 6], f"recipient\n{cell.recipient}\n", environment)
        found = dict(zip(*(line.split(",") for line in done.stdout.splitlines()), strict=True))
        choice = f"{BASE}/u/{self.token('choice', cell.campaign, cell.recipient, None, False)}"
        urls = {"token": self._merged(cell)} if is_merged else self._urls(cell)
        expected = {"recipient": cell.recipient, **urls, "choice_url": choice}
        if found != expected:
            yield f"{cell.name}: signed as {found}, must be {expected}"

    def _merged(self, cell: Cell) -> str:
        kind, modes, preview = cell.token_of(self._choice)
        recipient = "" if kind == "campaign" else cell.recipient
        return self.token(kind, cell.campaign, recipient, _unless_full(modes), preview)

    def _urls(self, cell: Cell) -> Mapping[str, str]:
        modes = {purpose: cell.signed(purpose, self._choice) for purpose in KINDS}
        everybody = self.token("campaign", cell.campaign, "", None, False)
        said = [_unless_full(modes) and {**modes, other: "off"} for other in ("clicks", "opens")]
        pixel, link = (
            self.token(kind, cell.campaign, cell.recipient, each, False)
            for kind, each in zip(("open", "click"), said, strict=True)
        )
        pixels = {"off": "", "aggregate": f"{BASE}/o/{everybody}.gif"}
        links = {
            "off": DESTINATION,
            **dict.fromkeys(("aggregate", "deliverability"), f"{BASE}/c/{everybody}/1"),
        }
        return {
            "pixel_url": pixels.get(modes["opens"], f"{BASE}/o/{pixel}.gif"),
            "link_1": links.get(modes["clicks"], f"{BASE}/c/{link}"),
        }

    def token(
        self, kind: str, campaign: str, recipient: str, modes: Mapping[str, str] | None, preview: bool
    ) -> str:
        """A token, by its kind and what it says."""
        claims: dict[str, object] = {
            "kind": kind,
            "campaign": campaign,
            "recipient": recipient,
            "preview": preview,
        }
        if kind == "click":
            claims["link"] = 1
        if modes is not None:
            claims["modes"] = {purpose: ORDER.index(mode) for purpose, mode in modes.items()}
        return minted(self._key.secret, self._key.id, claims)


def _unless_full(modes: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Modes in a token: a token of the first form says `full` for both."""
    return None if modes is not None and set(modes.values()) == {"full"} else modes
