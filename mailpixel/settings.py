"""All settings in one table: name, default, unit and help, read once from `MAILPIXEL_*` variables.

`mailpixel settings` and the table in docs/settings.md are made from the fields below.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from mailpixel.errors import InvalidInput
from mailpixel.modes import parse_modes

PREFIX = "MAILPIXEL_"
SECRET = "secret"  # noqa: S105 - the name of a unit
"""The unit of a setting whose value is never printed and never passed to other processes."""
MODE = "mode"
"""The unit of a setting that holds modes."""
DATA = Path("mailpixel-data")
HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
"""A name or an address, as written in the Host header."""


def _setting(
    default: object, unit: str, help: str, least: float | None = None, most: float | None = None
) -> Any:
    facts = {"unit": unit, "help": help, "least": least, "most": most}
    return field(default=default, metadata=facts, repr=unit != SECRET)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults. Each field is read from the variable `MAILPIXEL_<NAME IN CAPITALS>`."""

    data: Path = _setting(DATA, "folder", "Folder of the database and the signing keys.")
    keys: Path | None = _setting(
        None, "file", "File of the signing keys. Empty: `keys.json` in the data folder."
    )
    base_url: str = _setting(
        "http://127.0.0.1:8025", "URL", "Public address in signed URLs. A campaign may have its own."
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        "networks",
        "Trusted proxies, such as 10.0.0.0/8,::1. The client address is the right-most address outside them.",
    )
    keep_address: str = _setting(
        "full",
        "full|network|none",
        "How much of a client's address to keep while no mode was chosen: all of it, its /24 or /48, or nothing. "
        "Once one was chosen, no exact address is kept, and `none` keeps no network in mode `full` either.",
    )
    mode: str = _setting(
        "",
        MODE,
        "The most that is recorded of anybody: off, aggregate, deliverability, individual or full; or one for each, "
        "like opens=aggregate,clicks=individual. Empty: what was set last, else individual. Folders of releases "
        "before modes record as before until it is set.",
    )
    unknown_consent: str = _setting(
        "",
        MODE,
        "The most that is recorded of people who said neither yes nor no. Empty: what was set last, else individual.",
    )
    refused_consent: str = _setting(
        "off", "off|aggregate", "What is recorded of people who said no: nothing, or counts without names."
    )
    gpc: str = _setting(
        "refuse",
        "refuse|ignore",
        "Whether a hit with Sec-GPC: 1 (Global Privacy Control) counts as that of a person who said no.",
    )
    dnt: str = _setting("ignore", "refuse|ignore", "The same for DNT: 1 (Do Not Track).")
    sender_name: str = _setting(
        "", "text", "Your name on the page where people decide about measurement. Empty: no name."
    )
    withdrawal: str = _setting(
        "keep",
        "keep|erase",
        "What becomes of earlier records when a person refuses opens and clicks on that page by their choice URL: keep "
        "them, or erase the person.",
    )
    seeds: tuple[str, ...] = _setting(
        (), "recipients", "Your test (seed) recipients. Their hits are never counted."
    )
    operator_networks: tuple[str, ...] = _setting(
        (), "networks", "Your own networks. Hits from there are never counted."
    )
    retention_days: int = _setting(
        730,
        "days",
        "Hits on a campaign sent longer ago are answered but not counted, and a message is removed this long after its"
        " last event, and at twice that age at the latest; figures stay. 0 counts and keeps them for ever.",
        0,
        36_500,
    )
    retention_details_days: int = _setting(
        90,
        "days",
        "How long user agent and network are kept of hits in the mode full. 0: for ever.",
        0,
        36_500,
    )
    retention_last_opens_days: int = _setting(
        365, "days", "How long the day of a person's last open is kept. 0: for ever.", 0, 36_500
    )
    retention_mails_days: int = _setting(
        730, "days", "How long the mail of a campaign is kept for the click map. 0: for ever.", 0, 36_500
    )
    site_event_days: int = _setting(
        400,
        "days",
        "How long visits and orders of web sites are kept after their last event. Counts of page views stay. "
        "0: for ever.",
        0,
        36_500,
    )
    retention_letters_days: int = _setting(
        30, "days", "How long events are kept that the receiver of a webhook refused. 0: for ever.", 0, 36_500
    )
    retention_consents_days: int = _setting(
        1_826,
        "days",
        "How long the proof of consent is kept after a person's last statement. Refusals stay in force. 0: for ever.",
        0,
        36_500,
    )
    purposes: Path | None = _setting(
        None,
        "file",
        "JSON file with your words on why each kind of data is kept, for the record of processing.",
    )
    backup_days: int = _setting(
        0,
        "days",
        "For how long you keep backups, which still hold what was erased. 0: not stated.",
        0,
        36_500,
    )
    answer_within_ms: int = _setting(
        250, "ms", "Answer a hit after its commit, or after this long at most. It stays queued.", 1, 60_000
    )
    queue_hits: int = _setting(
        100_000,
        "hits",
        "Most hits kept in memory while the store cannot write. More are dropped and counted.",
        1,
        10_000_000,
    )
    spool_bytes: int = _setting(
        536_870_912,
        "bytes",
        "Most bytes of answered hits in `spool/` that are not in the database yet. Beyond it hits wait in memory.",
        1_048_576,
        1_099_511_627_776,
    )
    message_cap: int = _setting(
        500,
        "hits a day",
        "Most hits logged for one message, per day and process. More only raise `overflow`.",
        10,
        100_000,
    )
    visit_cap: int = _setting(
        1_000,
        "events a day",
        "Most events logged of one visitor of a web site, per day and process. More are only counted in the metrics.",
        10,
        100_000,
    )
    settle_s: int = _setting(15, "s", "A verdict younger than this is provisional.", 0, 3_600)
    ready_lag_s: int = _setting(
        60, "s", "Readiness fails when the fold is further behind than this.", 1, 86_400
    )
    body_bytes: int = _setting(
        4_194_304,
        "bytes",
        "Largest body of an API request that is not a stream. Reading larger bodies delays answers to hits.",
        1_024,
        1_073_741_824,
    )
    upload_bytes: int = _setting(
        268_435_456,
        "bytes",
        "Largest file that can be uploaded on a page, such as a list of recipients.",
        1_024,
        17_179_869_184,
    )
    connections: int = _setting(
        4_000,
        "connections",
        "Most open connections of a web process. When they are all taken, those idle for longest are closed. The"
        " limit of open files applies too.",
        16,
        1_000_000,
    )
    listeners: int = _setting(
        5_000,
        "streams",
        "Most open streams of live figures of a web process, and at most three quarters of its connections.",
        0,
        1_000_000,
    )
    metrics: tuple[str, ...] = _setting(
        ("local", "key"),
        "local|key|open",
        "Who may read /metrics: this machine, holders of an API key, or everyone. Separate several with commas.",
    )
    access_log: str = _setting(
        "off",
        "json|off",
        "Write one JSON line per request to standard output: route, status and time; never path, address or token.",
    )
    well_known: Path | None = _setting(
        None,
        "folder",
        "Folder with apple-app-site-association and assetlinks.json, to be served for app links.",
    )
    web_hosts: tuple[str, ...] = _setting(
        (),
        "hosts",
        "Hosts that serve pages (`/`, `/docs`), such as stats.shop.example. Other hosts answer 404. Empty: all hosts.",
    )
    webhook_networks: tuple[str, ...] = _setting(
        (),
        "networks",
        "Private networks that webhooks may reach, such as 10.1.0.0/16. Without them only public addresses.",
    )
    upstream_password: str = _setting(
        "", SECRET, "Password of the user in the relay's `--upstream`. It cannot be set on the command line."
    )

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "mailpixel.db"

    @property
    def spool(self) -> Path:
        """The folder of answered hits that are on their way into the database."""
        return self.data / "spool"

    @property
    def key_file(self) -> Path:
        """The file with the signing keys."""
        return self.keys or self.data / "keys.json"

    @property
    def settle_ms(self) -> int:
        """The settle time in milliseconds."""
        return self.settle_s * 1000

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, **overrides: object) -> "Settings":
        """Read settings from `MAILPIXEL_*` variables. `overrides` that are not None win (a command's options).

        Raises `InvalidInput` naming the variable when a value is invalid or a variable is unknown.
        """
        known = {PREFIX + setting.name.upper(): setting for setting in fields(cls)}
        for name in environ:
            if name.startswith(PREFIX) and name not in known:
                raise InvalidInput(name, "unknown setting; `mailpixel settings` lists them all")
        values = {
            setting.name: _parse(name, setting, environ[name])
            for name, setting in known.items()
            if environ.get(name)
        }
        values |= {name: value for name, value in overrides.items() if value is not None}
        return cls(**values)  # type: ignore[arg-type]

    def to_environment(self) -> dict[str, str]:
        """The variables that reproduce these settings, for the processes that `serve` starts."""
        return {
            PREFIX + row.name.upper(): text
            for row in fields(self)
            if row.metadata["unit"] != SECRET and (text := _text(getattr(self, row.name))) != ""
        }

    def table(self) -> list[tuple[str, str, str, str, str]]:
        """Rows of (variable, value now, default, unit, help), in the order of definition."""
        return [
            (
                PREFIX + row.name.upper(),
                _shown(row, getattr(self, row.name)),
                _text(row.default),
                row.metadata["unit"],
                row.metadata["help"],
            )
            for row in fields(self)
        ]


def _shown(row: Field[Any], value: object) -> str:
    return "(set)" if row.metadata["unit"] == SECRET and value else _text(value)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)


def _parse(name: str, setting: Field[Any], text: str) -> object:
    """Parse one value by the type of its default and its unit."""
    if isinstance(setting.default, int):
        return _number(name, setting, text)
    if setting.metadata["unit"] in ("folder", "file"):
        return Path(text)
    if setting.metadata["unit"] == MODE:
        return parse_modes(text, name).text
    if setting.metadata["unit"] == "networks":
        return tuple(_network(name, part) for part in _parts(text))
    if setting.metadata["unit"] == "hosts":
        return tuple(_host(name, part) for part in _parts(text))
    parts = tuple(_parts(text)) if isinstance(setting.default, tuple) else (text,)
    if "|" in setting.metadata["unit"] and not {*parts} <= {*setting.metadata["unit"].split("|")}:
        raise InvalidInput(name, f"must be one of {setting.metadata['unit'].replace('|', ', ')}")
    return parts if isinstance(setting.default, tuple) else text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _number(name: str, setting: Field[Any], text: str) -> int:
    least, most = setting.metadata["least"], setting.metadata["most"]
    if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
        raise InvalidInput(
            name, f"must be a whole number from {least} to {most} ({setting.metadata['unit']})"
        )
    return int(text)


def _network(name: str, text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        raise InvalidInput(
            name, "must be networks like 10.0.0.0/8 or 2001:db8::/32, separated by commas"
        ) from None


def _host(name: str, text: str) -> str:
    host = text.rstrip(".").lower()
    if not HOST.fullmatch(host):
        raise InvalidInput(
            name, "must be host names like stats.shop.example, without scheme and port, separated by commas"
        )
    return host
