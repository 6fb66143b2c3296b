"""In which program and on what kind of device someone opened a mail, as far as one request reveals it."""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from mailpixel.model import Via
from mailpixel.traffic.agents import Agent, AgentKind, read_agent


class Program(StrEnum):
    """The programs that people read mail in. They are stored by position: add new members at the end."""

    UNKNOWN = "unknown"
    GMAIL = "gmail"
    YAHOO = "yahoo"
    APPLE = "apple"
    MICROSOFT = "microsoft"
    """Outlook.com and the new Outlook, whose images Microsoft fetches."""
    SEZNAM = "seznam"
    OUTLOOK = "outlook"
    WINDOWS_MAIL = "windows_mail"
    THUNDERBIRD = "thunderbird"
    SAMSUNG = "samsung"
    SPARK = "spark"
    AIRMAIL = "airmail"
    PROTON = "proton"
    K9 = "k9"
    FAIREMAIL = "fairemail"
    BLUEMAIL = "bluemail"
    AQUAMAIL = "aquamail"
    EM_CLIENT = "em_client"
    MAILBIRD = "mailbird"
    FOXMAIL = "foxmail"
    NOTES = "notes"
    WEBKIT = "webkit"
    """A program on a Mac, iPhone or iPad that shows mail by WebKit without its name: Apple Mail and others."""
    BROWSER = "browser"
    """A mailbox read in a browser."""
    OTHER = "other"


class Device(StrEnum):
    """The devices that people use. They are stored by position: add new members at the end."""

    UNKNOWN = "unknown"
    DESKTOP = "desktop"
    """A desktop or laptop computer, and an iPad, which says that it is a Mac."""
    PHONE = "phone"
    TABLET = "tablet"


PROGRAMS, DEVICES = tuple(Program), tuple(Device)
UNKNOWN_CLIENT = 0
"""A client with unknown program and device."""
DEVICE_MASK = 0xFF
_PROGRAM_SHIFT = 8


@lru_cache(maxsize=65_536)
def client_of(agent: str, via: Via | None, click: bool) -> int:
    """The client that a person's open or click reveals, in two bytes: see `program_of` and `device_of`.

    A proxy names the mailbox and hides the device. A link is followed in a browser, not in the program that
    the mail was read in, so a click reveals only the device.
    """
    if via is not None:
        return 0 if click else _packed(_VIA[via], Device.UNKNOWN)
    read = read_agent(agent)
    return _packed(Program.UNKNOWN if click else _program(read), _device(read))


def program_of(client: int) -> Program:
    """The program of a client."""
    return PROGRAMS[client >> _PROGRAM_SHIFT]


def device_of(client: int) -> Device:
    """The device of a client."""
    return DEVICES[client & DEVICE_MASK]


_VIA = {
    Via.GMAIL: Program.GMAIL,
    Via.YAHOO: Program.YAHOO,
    Via.APPLE: Program.APPLE,
    Via.MICROSOFT: Program.MICROSOFT,
    Via.SEZNAM: Program.SEZNAM,
}


def _packed(program: Program, device: Device) -> int:
    return PROGRAMS.index(program) << _PROGRAM_SHIFT | DEVICES.index(device)


def _program(agent: Agent) -> Program:
    if agent.kind is AgentKind.EMPTY:
        return Program.UNKNOWN
    if agent.kind is AgentKind.MAIL_CLIENT:
        return _by_sign().get(agent.sign.lower(), Program.OTHER)
    if agent.kind is AgentKind.BARE_WEBKIT or _is_apple_view(agent):
        return Program.WEBKIT
    in_browser = agent.kind is AgentKind.BROWSER and agent.claim is not None
    return Program.BROWSER if in_browser else Program.OTHER


def _is_apple_view(agent: Agent) -> bool:
    """Whether it is the web view of a phone's program, which leaves out the name of the browser."""
    is_plain = agent.kind is AgentKind.BROWSER and not agent.sign
    return is_plain and agent.system == "ios" and "Safari/" not in agent.text


_SIGNS = (
    ("Windows Phone", Device.PHONE),
    ("iPhone", Device.PHONE),
    ("iPod", Device.PHONE),
    ("iPad", Device.TABLET),
)


def _device(agent: Agent) -> Device:
    named = next((device for sign, device in _SIGNS if sign in agent.text), None)
    if named is not None:
        return named
    if agent.system == "android":
        return _android_device(agent)
    return Device.DESKTOP if agent.system else Device.UNKNOWN


def _android_device(agent: Agent) -> Device:
    """The device by `Mobile`, which browsers on Android say on a phone but not on a tablet; else unknown."""
    if "Mobile" in agent.text:
        return Device.PHONE
    return Device.UNKNOWN if agent.claim is None else Device.TABLET


@cache
def _by_sign() -> Mapping[str, Program]:
    """The program of each name that mail programs use, in lower case."""
    text = (files("mailpixel.traffic") / "data" / "programs.json").read_text(encoding="utf-8")
    programs = json.loads(text)["programs"]
    return {sign: Program(name) for name, signs in programs.items() for sign in signs}
