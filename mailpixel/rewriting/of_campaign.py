"""The rewriter of a campaign: with its keys, its links, and what is recorded of its recipients."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from mailpixel.folder.keys import check_keys
from mailpixel.links.keyring import Keyring
from mailpixel.links.minter import Minter
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.modes import Consent, Treatment
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import Policy, limits_of
from mailpixel.privacy.signing import Run, run_of, treatment
from mailpixel.rewriting.rewriter import Around, Rewriter
from mailpixel.rewriting.seen import meeting
from mailpixel.settings import Settings
from mailpixel.store.campaign_changes import note_signed
from mailpixel.store.campaigns import LinkRegister
from mailpixel.store.keys import SigningKeys
from mailpixel.store.privacy_choice import PrivacyChoices
from mailpixel.store.signings import Signings


class SigningRegistry(LinkRegister, SigningKeys, PrivacyChoices, Signings, Protocol):
    """What of a registry signing links takes."""

    def consent_of(self, recipient: str) -> Consent:
        """See `Consents`."""
        ...


def rewriter_of(
    registry: SigningRegistry,
    keyring: Keyring,
    campaign: str,
    options: RewriteOptions,
    *,
    policy: Policy | None = None,
) -> Rewriter:
    """The rewriter of a registered campaign, at its own base URL where it has one, else at that of the options.

    Its list says which query values are passed through, not the options. `policy` says what is recorded of whom; None
    for what was set last for the registry. Raises `NotFound` when there is no such
    campaign, `KeyringError` when other keys signed for the registry, and `InvalidInput` for an invalid base URL.
    """
    check_keys(keyring, registry.signing_keys())
    known = registry.outline(campaign)
    note_signed(registry, known.id)
    minter = Minter(keyring, known.base_url or options.base_url, known.id)
    options = replace(options, passthrough=frozenset(known.passthrough))
    register = partial(registry.register_places, known.id)
    policy = policy_of(Settings(), registry.privacy_choice()) if policy is None else policy
    limits = limits_of(known)

    def treat(recipient: str) -> Treatment:
        return treatment(policy, limits, registry.consent_of(recipient), recipient in policy.seeds)

    def count(found: Treatment) -> None:
        Run(registry, known.id, run_of("mail", datetime.now(UTC))).note({found: 1})

    meet = meeting(registry, keyring, known.id)
    return Rewriter(minter, register, options, meet, Around(treat, count))
