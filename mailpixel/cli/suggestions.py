"""Suggestions for mistyped names of commands and campaigns."""

from collections.abc import Iterable
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

import click

from mailpixel.errors import MailpixelError, NotFound
from mailpixel.model import Campaign
from mailpixel.settings import Settings
from mailpixel.store.campaigns import CampaignReader

SYNONYMS = {
    "analytics": "report",
    "create": "add",
    "ls": "list",
    "mint": "links",
    "new": "add",
    "register": "add",
    "remove": "delete",
    "results": "report",
    "rm": "delete",
    "run": "serve",
    "sign": "links",
    "start": "serve",
    "stats": "report",
    "summary": "report",
    "track": "rewrite",
    "update": "edit",
    "worker": "work",
}
"""Command names of other programs, and ours for the same."""
OPTIONS = {"help": "--help", "version": "--version"}
"""Commands of other programs that are options here."""
LOOKED_AT = 1_000
"""How many campaigns are compared with a mistyped id, or shown to a shell."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """` Did you mean 'report'?`, or empty text when no name is similar."""
    known = list(names)
    near = get_close_matches(name, known, 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def command_meant(name: str, commands: Iterable[str]) -> str:
    """The same for a command, including names that other programs use."""
    known = list(commands)
    ours = OPTIONS.get(name) or SYNONYMS.get(name)
    if ours in OPTIONS.values() or ours in known:
        return f" Did you mean {ours!r}?"
    return did_you_mean(name, known)


def campaign_of(registry: CampaignReader, id: str) -> Campaign:
    """One campaign. Raises `NotFound` with the most similar ids."""
    try:
        return registry.campaign(id)
    except NotFound as error:
        known = [campaign.id for campaign in registry.campaigns(limit=LOOKED_AT)]
        hint = did_you_mean(id, known) or " `mailpixel campaign list` shows them."
        raise NotFound(f"{error}.{hint}") from None


def complete_campaign(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Campaign ids for shell completion. Empty without a database, and creates none."""
    from mailpixel.folder.opening import open_stores

    with suppress(MailpixelError):
        data = ctx.meta.get("mailpixel.data")
        _, registry = open_stores(Settings.from_environment(data=None if data is None else Path(data)))
        known = [campaign.id for campaign in registry.campaigns(incomplete, LOOKED_AT)]
        with suppress(NotFound):
            known.append(registry.campaign(incomplete).id)
        return [id for id in known if id.startswith(incomplete)]
    return []


campaign_argument = click.argument("id", shell_complete=complete_campaign)
"""The argument ID of a command: a campaign id, with shell completion."""
