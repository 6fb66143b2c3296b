"""The options that say what a campaign is, and what they mean for it."""

from collections.abc import Iterator
from typing import Any

import click

from mailpixel.campaigns import MOST_SENT, LinkChange
from mailpixel.cli.printing import Function
from mailpixel.errors import InvalidInput
from mailpixel.links.destination import checked
from mailpixel.links.passthrough import check_names
from mailpixel.links.urls import check_base_url
from mailpixel.model import Campaign
from mailpixel.modes import parse_modes
from mailpixel.report.moments import from_iso


def fact_options(command: Function) -> Function:
    """Add the options that say how many messages of a campaign went out, when, and with which public address."""
    for option in (
        click.option(
            "--base-url",
            metavar="URL",
            help="Use this public address in the URLs of this campaign instead of MAILPIXEL_BASE_URL.",
        ),
        click.option(
            "--mode",
            metavar="MODE",
            help="Record at most this of its recipients: off, aggregate, deliverability, individual, full; or one for "
            "each, like opens=aggregate,clicks=individual. `service` for what the service records.",
        ),
        click.option(
            "--carry/--no-carry",
            default=None,
            help="Carry clicks on to registered sites in mp_cid, to see which visits and orders they lead to. "
            "Off unless it is set.",
        ),
        click.option(
            "--sent-at", metavar="TIME", help="Set when they went out, such as 2026-11-25T09:00:00Z."
        ),
        click.option(
            "--sent", type=click.IntRange(0, MOST_SENT), metavar="N", help="Set how many messages went out."
        ),
    ):
        command = option(command)
    return command


def corrections_of(campaign: Campaign, corrections: tuple[tuple[str, str], ...]) -> Iterator[LinkChange]:
    """The corrections. Raises `InvalidInput` for an unknown link number."""
    numbers = {str(link.number): link.number for link in campaign.links}
    for number, url in corrections:
        if number not in numbers:
            problem = f"link {number} does not exist; `mailpixel campaign show {campaign.id}` lists them"
            raise InvalidInput("--correct", problem)
        yield LinkChange(numbers[number], checked(url, "--correct"))


def new_links(urls: tuple[str, ...], option: str, trap: bool = False) -> list[LinkChange]:
    """The links to add. Raises `InvalidInput` for an invalid destination."""
    return [LinkChange(url=checked(url, option), trap=trap) for url in urls]


def passthrough_of(campaign: Campaign, begun: tuple[str, ...], stopped: tuple[str, ...]) -> tuple[str, ...]:
    """The passthrough parameters after the change. Raises `InvalidInput` for a stopped name that is not one."""
    for name in stopped:
        if name not in campaign.passthrough:
            problem = f"{name!r} is not passed through; see `mailpixel campaign show {campaign.id}`"
            raise InvalidInput("--no-passthrough", problem)
    kept = (name for name in campaign.passthrough if name not in stopped)
    return check_names((*kept, *begun), "--passthrough")


def facts_of(facts: dict[str, Any]) -> dict[str, Any]:
    """The checked fields of a campaign that the options set."""
    given = {name: value for name, value in facts.items() if value is not None}
    if "sent_at" in given:
        given["sent_at"] = from_iso(str(given["sent_at"]), "--sent-at")
    if "base_url" in given:
        given["base_url"] = check_base_url(str(given["base_url"]), "--base-url")
    if "mode" in given:
        given["mode"] = None if given["mode"] == "service" else parse_modes(str(given["mode"]), "--mode")
    return given
