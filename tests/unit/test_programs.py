"""In which program and on what device a mail was read, by the agent and the proxy of one request."""

import json
from pathlib import Path

import pytest

import mailpixel.traffic
from mailpixel.model import Via
from mailpixel.traffic.programs import (
    DEVICES,
    PROGRAMS,
    UNKNOWN_CLIENT,
    Device,
    Program,
    client_of,
    device_of,
    program_of,
)

DATA = Path(mailpixel.traffic.__file__).parent / "data"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/151.0.0.0 Safari/537.36"
)
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)"
ANDROID = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0"


def read(agent: str, via: Via | None = None, click: bool = False) -> tuple[Program, Device]:
    client = client_of(agent, via, click)
    return program_of(client), device_of(client)


@pytest.mark.parametrize(
    ("agent", "program", "device"),
    [
        ("", Program.UNKNOWN, Device.UNKNOWN),
        (CHROME, Program.BROWSER, Device.DESKTOP),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT}", Program.WEBKIT, Device.DESKTOP),
        (f"{IPHONE} {WEBKIT} Mobile/15E148", Program.WEBKIT, Device.PHONE),
        (f"{IPHONE} {WEBKIT} Version/18.7 Mobile/15E148 Safari/604.1", Program.BROWSER, Device.PHONE),
        (
            f"Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) {WEBKIT} Version/18.7 Mobile/15E148 Safari/604.1",
            Program.BROWSER,
            Device.TABLET,
        ),
        (f"Mozilla/5.0 (Linux; Android 15; K) {ANDROID} Mobile Safari/537.36", Program.BROWSER, Device.PHONE),
        (f"Mozilla/5.0 (Linux; Android 15; K) {ANDROID} Safari/537.36", Program.BROWSER, Device.TABLET),
        ("Dalvik/2.1.0 (Linux; U; Android 15; Pixel 8)", Program.OTHER, Device.UNKNOWN),
        (
            "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; Microsoft Outlook 16.0.5; MSOffice 16)",
            Program.OUTLOOK,
            Device.DESKTOP,
        ),
        ("Outlook-iOS/711.2620504.prod.iphone (3.34.0)", Program.OUTLOOK, Device.UNKNOWN),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.5",
            Program.THUNDERBIRD,
            Device.DESKTOP,
        ),
        ("Airmail 5.6 (Mac)", Program.AIRMAIL, Device.DESKTOP),
        ("eM Client/10.1", Program.EM_CLIENT, Device.UNKNOWN),
        ("KMail/6.2", Program.OTHER, Device.UNKNOWN),
    ],
)
def test_an_open_names_the_program_and_the_device_as_far_as_its_agent_does(
    agent: str, program: Program, device: Device
) -> None:
    assert read(agent) == (program, device)


@pytest.mark.parametrize("via", list(Via))
def test_a_proxy_names_the_mailbox_and_hides_the_device(via: Via) -> None:
    assert read(CHROME, via) == (Program(via.value), Device.UNKNOWN)
    assert client_of(CHROME, via, True) == UNKNOWN_CLIENT


@pytest.mark.parametrize(
    "agent", ["com.google.android.gm/1 (Linux; Android 15)", "YahooMobileMail/1.0", "com.apple.mail/1"]
)
def test_gmail_yahoo_and_apple_are_never_known_by_an_agent(agent: str) -> None:
    assert read(agent)[0] is Program.OTHER


def test_a_click_names_the_device_alone() -> None:
    assert read(CHROME, click=True) == (Program.UNKNOWN, Device.DESKTOP)


def test_a_client_fits_two_bytes_and_keeps_the_places_it_was_stored_with() -> None:
    assert max(len(PROGRAMS), len(DEVICES)) <= 256
    assert (PROGRAMS[:3], PROGRAMS[-1]) == ((Program.UNKNOWN, Program.GMAIL, Program.YAHOO), Program.OTHER)
    assert DEVICES == (Device.UNKNOWN, Device.DESKTOP, Device.PHONE, Device.TABLET)


def test_every_name_of_a_program_is_one_that_agents_are_read_by() -> None:
    known = {word.strip("^$") for word in json.loads((DATA / "agents.json").read_text())["mail_clients"]}
    programs = json.loads((DATA / "programs.json").read_text())["programs"]
    names = [name for signs in programs.values() for name in signs]
    assert (set(names) - known, set(programs) - set(Program)) == (set(), set())
    assert len(names) == len(set(names))
