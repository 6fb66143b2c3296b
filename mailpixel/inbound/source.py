"""A source of reports as people set it up: its name, its checks, and what proves its posts."""

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime

import msgspec
from msgspec import Struct

from mailpixel.errors import InvalidInput
from mailpixel.inbound.esps import CHECKS, ESPS, Access, Esp, Key, check_nothing
from mailpixel.inbound.values import same
from mailpixel.links.keyring import Keyring
from mailpixel.links.sealed import NONCE_BYTES, seal, unseal
from mailpixel.links.surfaces import INBOUND
from mailpixel.store.inbound import InboundSource

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
USER = "mailpixel"
"""The user name in URLs with a password."""
KEY_CHARS = 4_096


class Secrets(Struct, frozen=True):
    """What proves the posts of a source: the SHA-256 of its password (hexadecimal), and the ESP's key."""

    digest: str = ""
    key: str = ""


class NewSource(Struct, frozen=True):
    """A source that is asked for: its name, its ESP, and the key of the ESP's signature where it has one."""

    name: str
    esp: str
    key: str = ""


PASSWORD_BYTES = 32
CHANCE_BYTES = PASSWORD_BYTES + NONCE_BYTES
"""Random bytes for a password and a nonce."""


def new_source(asked: NewSource, keyring: Keyring, chance: bytes, now: datetime) -> tuple[InboundSource, str]:
    """A new source, and its password, which is kept nowhere. `chance` is `CHANCE_BYTES` random bytes.

    Raises `InvalidInput`, and `MissingExtra`.
    """
    name = check_name(asked.name)
    password = base64.urlsafe_b64encode(chance[:PASSWORD_BYTES]).rstrip(b"=").decode()
    secret = secrets_of(asked.esp, asked.key, password)
    sealed = seal(keyring, _purpose(name), secret, chance[PASSWORD_BYTES:CHANCE_BYTES])
    return InboundSource(name, asked.esp, sealed, now), password


def open_secrets(keyring: Keyring, source: InboundSource) -> Secrets:
    """What proves the posts of a source. Raises `KeyringError` for other keys, and `MissingExtra`."""
    return msgspec.json.decode(unseal(keyring, _purpose(source.name), source.secret), type=Secrets)


def _purpose(name: str) -> str:
    return f"source {name}"


def check_name(name: str) -> str:
    """The name of a source. Raises `InvalidInput`."""
    if not NAME.fullmatch(name):
        raise InvalidInput("name", "needs 1 to 32 lower-case letters, digits and `-`, such as postmark-live")
    return name


def esp_of(name: str) -> Esp:
    """An ESP by name. Raises `InvalidInput`."""
    if name not in ESPS:
        raise InvalidInput("esp", f"must be one of {', '.join(ESPS)}")
    return ESPS[name]


def secrets_of(esp: str, key: str, password: str) -> bytes:
    """What proves the posts of a new source, to be sealed. Raises `InvalidInput` for a key that is missing or wrong."""
    wants = esp_of(esp).key
    key = key.strip()
    if wants is Key.MUST and not key:
        raise InvalidInput("secret", f"is missing; enter {esp_of(esp).key_name}")
    if wants is Key.NEVER and key:
        raise InvalidInput("secret", "is not used with this ESP; leave it out")
    if len(key) > KEY_CHARS or not key.isascii() or not key.isprintable():
        raise InvalidInput("secret", f"must be at most {KEY_CHARS:,} printable ASCII characters")
    if key:
        CHECKS.get(esp, check_nothing)(key)
    return msgspec.json.encode(Secrets(digest_of(password), key))


def digest_of(password: str) -> str:
    """The SHA-256 of a password of 256 random bits, which needs no slow hash."""
    return hashlib.sha256(password.encode("utf-8", "replace")).hexdigest()


def has_access(access: Access, authorization: str, digest: str) -> bool:
    """Whether the `Authorization` header of a post holds what its source asks for. Compares in constant time."""
    kind, _, given = authorization.partition(" ")
    password = given.strip() if access is Access.BEARER else _password(given)
    right = same(digest_of(password), digest)
    return right and kind.lower() == access.value and bool(password)


def _password(given: str) -> str:
    try:
        user, _, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return password if hmac.compare_digest(user.encode(), USER.encode()) else ""


def url_of(base_url: str, name: str, access: Access, password: str) -> str:
    """The URL to paste at the ESP; with a password where it is proved by basic auth."""
    scheme, _, rest = base_url.rstrip("/").partition("://")
    user = f"{USER}:{password}@" if access is Access.BASIC else ""
    return f"{scheme}://{user}{rest}{INBOUND.prefix}{name}"
