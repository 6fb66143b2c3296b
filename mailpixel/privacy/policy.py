"""The policy of an installation: what its operator chose, by its settings or earlier."""

from mailpixel.modes import FULL, Mode, parse_modes
from mailpixel.privacy.resolve import ENOUGH, INDIVIDUAL, LEGACY, Policy, Stated, ceiling
from mailpixel.settings import Settings
from mailpixel.store.privacy_choice import PrivacyChoice


def policy_of(settings: Settings, stored: PrivacyChoice) -> Policy:
    """The policy. A setting that is empty now means what was chosen when it was last set.

    An upgraded folder whose operator never set a mode records as the earlier release did, but for people of whom
    the settings say more.
    """
    mode = settings.mode or stored.mode
    unknown = settings.unknown_consent or stored.unknown
    seeds = frozenset(settings.seeds)
    dnt = settings.dnt == "refuse"
    if stored.legacy and not mode:
        silent = parse_modes(unknown) if unknown else FULL
        return LEGACY._replace(unknown=silent, dnt=dnt, seeds=seeds)
    return Policy(
        parse_modes(mode) if mode else INDIVIDUAL,
        parse_modes(unknown) if unknown else INDIVIDUAL,
        Mode[settings.refused_consent.upper()],
        settings.gpc == "refuse",
        dnt,
        seeds,
    )


def why_less(policy: Policy, campaign: Stated) -> str:
    """Why less is in force than a campaign asks for; empty where it is not."""
    if campaign.mode is None:
        return ""
    asked, now = campaign.mode, ceiling(policy, campaign)
    if now == asked:
        return ""
    allowed = policy.mode
    if asked.opens > allowed.opens or asked.clicks > allowed.clicks:
        return f"the campaign asks for {asked.text}; MAILPIXEL_MODE allows {allowed.text}, so {now.text} is in force"
    return f"fewer than {ENOUGH} people cannot be counted without naming them, so {now.text} is in force"
