"""The campaigns of a data folder, ready to rewrite for: what every drop-in asks."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import AnyStr

from mailpixel.claims import check_campaign_id
from mailpixel.errors import safe_message
from mailpixel.folder.keys import open_keys
from mailpixel.folder.opening import open_stores
from mailpixel.links.hosts import warning_of
from mailpixel.links.keyring import Keyring
from mailpixel.links.splicing.draft import Note, NoteKind
from mailpixel.links.splicing.options import RewriteOptions, check_pixel
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import Policy
from mailpixel.rewriting import Rewriter, rewriter_of
from mailpixel.rewriting.notes import spoken_of
from mailpixel.rewriting.of_campaign import SigningRegistry
from mailpixel.settings import Settings

LOG = logging.getLogger("mailpixel.dropins")
"""Logs which campaign's mail went out untracked, and why. It never logs recipients."""

MOST_SAID = 1_000
"""Campaigns and kinds of note that are said in the log."""

Campaigns = Callable[[str], Rewriter]
"""A campaign's id to its rewriter. Raises `NotFound` for one that is not registered, `InvalidInput` for no id."""


def open_campaigns(settings: Settings | None = None) -> Campaigns:
    """The campaigns of the data folder that the settings, or the `MAILPIXEL_*` variables, name.

    Raises `InvalidInput` for a wrong variable, `KeyringError` and `StoreUnavailable` when the folder cannot be used.
    """
    settings = settings or Settings.from_environment()
    _, registry = open_stores(settings)
    policy = policy_of(settings, registry.privacy_choice())
    keyring = open_keys(settings.key_file, registry)
    return campaigns_of(registry, keyring, RewriteOptions(settings.base_url), policy)


def campaigns_of(
    registry: SigningRegistry, keyring: Keyring, options: RewriteOptions, policy: Policy | None = None
) -> Campaigns:
    """The campaigns of a registry. Read anew each time, so that a new campaign and a changed one hold at once.

    The first whose URLs only this machine can reach is named in the log; what to know of a campaign's mail is said
    there once, by kind. `policy` says what is recorded of whom, as for `rewriter_of`.
    """
    warned: set[str] = set()
    said: set[tuple[str, NoteKind]] = set()

    def rewriter(campaign: str) -> Rewriter:  # a function: Django copies it with every mail that it keeps
        heed = partial(_say_once, said, campaign)
        made = rewriter_of(registry, keyring, check_campaign_id(campaign), options, policy=policy)
        made = made.heeding(heed)
        warning = warning_of(made.minter.base_url, campaign)
        if warning and not warned:
            warned.add(campaign)
            LOG.warning("%s", warning)
        return made

    return rewriter


_LEVELS = {NoteKind.SHORT: logging.INFO}
"""Short mails are the rule for who sends mail by mail."""


def _say_once(said: set[tuple[str, NoteKind]], campaign: str, notes: Sequence[Note]) -> None:
    """Say each kind of note once a campaign, not with each mail, and name no link: it may be one person's."""
    kinds = {(campaign, note.kind) for note in notes} - said
    for kind in sorted(kinds):
        if len(said) < MOST_SAID:
            said.add(kind)
            LOG.log(_LEVELS.get(kind[1], logging.WARNING), "%s", spoken_of(*kind))


def tracked_html(
    campaigns: Campaigns, campaign: str, recipient: str, html: AnyStr, pixel: str = ""
) -> AnyStr:
    """The HTML tracked for one recipient, with the pixel at the place `pixel`.

    Never raises, because a tracker must never stop a mailing.
    """
    try:
        place = check_pixel(pixel) if pixel else None
        rewritten = campaigns(campaign).with_style(place).html(html, recipient)
    except Exception as error:
        tell_untracked(safe_message(error))
        return html
    if rewritten.failure is not None:
        tell_untracked(safe_message(rewritten.failure))
    return rewritten.output


def tell_untracked(reason: str) -> None:
    """Say in the log that a mail goes out untracked."""
    LOG.warning("a message was sent untracked: %s", reason)
