"""Links that sign a person in to the pages: made where the data folder is."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from mailpixel.bearer import digest_of, new_secret
from mailpixel.errors import InvalidInput
from mailpixel.store.sign_ins import SignInLink, SignIns

NAME_CHARS = 100


def new_sign_in_link(registry: SignIns, name: str, scope: str, valid: tuple[datetime, datetime]) -> str:
    """Add a link, good from the first moment until the second, and return its secret.

    `name` is what the pages show as the person who is signed in. Raises `InvalidInput` for an empty name and one with
    more than 100 characters.
    """
    if not name.strip() or len(name) > NAME_CHARS or not name.isprintable():
        raise InvalidInput("NAME", f"must have 1 to {NAME_CHARS} printable characters")
    now, expires_at = valid
    secret = new_secret()
    registry.add_sign_in_link(SignInLink(digest_of(secret), name, scope, expires_at), now)
    return secret


def pages_address(base_url: str, web_hosts: Sequence[str]) -> str:
    """Where pages answer: the public address, or the first host that serves pages where that one serves none."""
    address = urlsplit(base_url)
    if web_hosts and (address.hostname or "") not in web_hosts:
        port = f":{address.port}" if address.port else ""
        base_url = address._replace(netloc=f"{web_hosts[0]}{port}").geturl()
    return base_url.rstrip("/")


def sign_in_url(base_url: str, web_hosts: Sequence[str], secret: str) -> str:
    """The URL of a link, where pages answer."""
    return f"{pages_address(base_url, web_hosts)}/sign-in/{secret}"
