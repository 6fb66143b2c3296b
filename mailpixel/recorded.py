"""Gathers what the record of processing is made of: the settings, the database and the rights of its files."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from mailpixel.errors import InvalidInput
from mailpixel.files import stamp_of
from mailpixel.modes import Modes, lesser
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.retained import RETAINED, periods
from mailpixel.report.record import RecordFacts, kept_for_ever
from mailpixel.report.retention import retention_rows
from mailpixel.report.signed_people import signed_people
from mailpixel.settings import PREFIX, Settings
from mailpixel.store.consents import CONSENTS
from mailpixel.store.privacy_choice import PrivacyChoice
from mailpixel.store.registry import Registry
from mailpixel.store.signings import Signed
from mailpixel.store.store import Store
from mailpixel.times import moment_of

ROOM = (
    "mode",
    "unknown_consent",
    "refused_consent",
    "gpc",
    "dnt",
    "keep_address",
    "sender_name",
    "withdrawal",
    *(each.setting for each in RETAINED if each.setting),
    "backup_days",
    "purposes",
    "seeds",
    "operator_networks",
    "webhook_networks",
    "metrics",
    "access_log",
)
"""The settings that a record shows."""
COUNTED = frozenset({"seeds", "operator_networks"})
"""Settings that name people or networks: a record counts them."""
MOST_CHARS = 2_000


def recorded(settings: Settings, store: Store, registry: Registry, now_ms: int) -> RecordFacts:
    """The facts at this moment. Raises `InvalidInput` for a file of purposes that cannot be used."""
    choice = registry.privacy_choice()
    policy = policy_of(settings, choice)
    legacy = choice.legacy and not (settings.mode or choice.mode)
    found = periods(settings, choice)
    people = _people(store, registry)
    return RecordFacts(
        settings=_settings(settings),
        mode=policy.mode,
        unknown=Modes(*lesser(policy.mode, policy.unknown)),
        refused=settings.refused_consent,
        legacy=legacy,
        chosen=_chosen(settings, choice),
        stated=registry.stated_modes(),
        untracked=_untracked(registry),
        overwrites=store.overwrites(),
        retention=retention_rows(found, store, registry, registry.retention_runs(), now_ms),
        people=people,
        readers=_readers(registry, now_ms),
        webhooks=sorted({urlsplit(each.url).hostname or "" for each in registry.webhooks()}),
        inbound=[source.name for source in registry.inbounds()],
        purposes=purposes_in(settings.purposes),
        kept_mails=len(registry.campaigns_with_mail()),
        own_wordings=sum(each.chosen_ms is not None for each in registry.wordings()),
        backup_days=settings.backup_days or None,
        private=_is_private(settings.database),
        signing_keys=sum(not key.removed for key in registry.signing_keys()),
        salts=len(store.salt_days()),
        addresses=store.hits_with_address(),
    )


def purposes_in(path: Path | None) -> Mapping[str, str]:
    """The operator's words by kind, from a JSON object in a file. Raises `InvalidInput`."""
    if path is None:
        return {}
    field = f"{PREFIX}PURPOSES"
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(field, f"the file cannot be read as JSON ({type(error).__name__})") from None
    known = {*(each.kind.value for each in RETAINED), *kept_for_ever()}
    if not isinstance(words, dict) or not words.keys() <= known:
        raise InvalidInput(field, f"must be an object with some of the names {', '.join(sorted(known))}")
    if not all(isinstance(text, str) and len(text) <= MOST_CHARS for text in words.values()):
        raise InvalidInput(field, f"each value must be a text of at most {MOST_CHARS} characters")
    return words


def _chosen(settings: Settings, choice: PrivacyChoice) -> dict[str, int | None]:
    """What was chosen, and when. A setting that could not be noted is of a moment that is not known."""
    ways = {
        "mode": (settings.mode, choice.mode, choice.mode_since_ms),
        "unknown": (settings.unknown_consent, choice.unknown, choice.unknown_since_ms),
    }
    return {
        name: since_ms if setting in ("", noted) else None
        for name, (setting, noted, since_ms) in ways.items()
        if setting or noted
    }


def _untracked(registry: Registry) -> dict[str, int]:
    signed = signed_people(Signed("", *each) for each in registry.signings_of_all().items())
    return {} if signed is None else signed.by_reason


def _settings(settings: Settings) -> dict[str, str]:
    values = {name: value for name, value, *_ in settings.table()}
    shown = {}
    for setting in ROOM:
        variable = f"{PREFIX}{setting.upper()}"
        number = len(getattr(settings, setting)) if setting in COUNTED else None
        shown[variable] = values[variable] if number is None else f"{number}"
    return shown


def _people(store: Store, registry: Registry) -> dict[str, int]:
    found = Counter(registry.consent_news(0).states)
    said: Counter[str] = Counter()
    for byte, number in found.items():
        consent = CONSENTS[byte]
        said[f"{consent.opens}_opens"] += number
        said[f"{consent.clicks}_clicks"] += number
    names = ("granted_opens", "denied_opens", "granted_clicks", "denied_clicks")
    left_out = sum(each.lifted_ms < 0 for each in store.suppressions())
    return {
        **{name: said[name] for name in names},
        "erased": left_out,
        "pending": len(registry.unfinished_erasures()),
    }


def _readers(registry: Registry, now_ms: int) -> dict[str, int]:
    keys = registry.keys()
    scopes = Counter(key.scope for key in keys if key.revoked_at is None)
    now = moment_of(now_ms)
    shares = sum(share.is_open(now) for share in registry.shares())
    return {**{scope: scopes[scope] for scope in ("read", "write", "privacy")}, "shares": shares}


def _is_private(database: Path) -> bool:
    facts = [stamp_of(place) for place in (database.parent, database)]
    return not any(each is not None and each.mode & 0o077 for each in facts)
