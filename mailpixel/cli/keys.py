"""`mailpixel keys` (what signs links) and `mailpixel apikey` (who may use the HTTP API)."""

import hashlib
import secrets
from datetime import UTC, datetime

import click

from mailpixel.cli.frame import Group, print_table, say, settings, stores
from mailpixel.links.keyring import load_keyring, rotate
from mailpixel.report.moments import iso
from mailpixel.store.protocol import ApiKey


@click.group("keys", cls=Group)
def keys_command() -> None:
    """The keys that sign links. Old ones keep verifying what was sent with them."""


@keys_command.command("list")
def keys_list() -> None:
    """Ids and ages, never the keys themselves."""
    keyring = load_keyring(settings().key_file)
    newest = keyring.keys[-1].id
    rows = [
        (key.id, iso(key.created_at), "signs" if key.id == newest else "verifies") for key in keyring.keys
    ]
    print_table(("id", "created_at", "use"), rows)


@keys_command.command("rotate")
def keys_rotate() -> None:
    """Add a key that signs from now on. A running server takes it in within two seconds."""
    keyring = rotate(settings().key_file)
    say(f"key {keyring.keys[-1].id} signs from now on; links signed before keep working")


@click.group("apikey", cls=Group)
def apikey_command() -> None:
    """Keys of the HTTP API."""


@apikey_command.command("add")
@click.argument("name")
@click.option("--scope", type=click.Choice(["read", "write"]), required=True, help="What the key may do.")
def apikey_add(name: str, scope: str) -> None:
    """Make a key and print it. It is shown this once: only its digest is kept."""
    _, registry = stores()
    text = f"mp_{secrets.token_urlsafe(32)}"
    registry.add_key(ApiKey(name, scope, hashlib.sha256(text.encode()).digest(), datetime.now(UTC)))
    click.echo(text)
    say(f"this is the key `{name}`; it is not shown again. Send it as `Authorization: Bearer KEY`")


@apikey_command.command("list")
def apikey_list() -> None:
    """Names, scopes and ages."""
    _, registry = stores()
    registered = registry.keys()
    rows = [(k.name, k.scope, iso(k.created_at), iso(k.revoked_at)) for k in registered]
    print_table(("name", "scope", "created_at", "revoked_at"), rows)


@apikey_command.command("revoke")
@click.argument("name")
def apikey_revoke(name: str) -> None:
    """Refuse a key from now on."""
    _, registry = stores()
    registry.revoke_key(name, datetime.now(UTC))
    say(f"the key `{name}` is refused from now on, by a running server within two seconds")
