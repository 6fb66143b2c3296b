"""`mailpixel keys` (what signs links) and `mailpixel apikey` (who may use the HTTP API)."""

import hashlib
import secrets
from datetime import UTC, datetime

import click

from mailpixel.cli.frame import Group, print_table, say, settings, stores
from mailpixel.links.keyring import load_keyring, rotate
from mailpixel.report.moments import iso
from mailpixel.store.protocol import ApiKey


@click.group("keys", cls=Group, example="mailpixel keys list")
def keys_command() -> None:
    """List and rotate the keys that sign links. Links signed with an old key keep working."""


@keys_command.command("list", example="mailpixel keys list")
def keys_list() -> None:
    """List signing keys by id and date."""
    keyring = load_keyring(settings().key_file)
    newest = keyring.keys[-1].id
    rows = [
        (key.id, iso(key.created_at), "signs" if key.id == newest else "verifies") for key in keyring.keys
    ]
    print_table(("id", "created_at", "use"), rows)


@keys_command.command("rotate", example="mailpixel keys rotate")
def keys_rotate() -> None:
    """Add a signing key and use it from now on. A running server uses it within two seconds."""
    keyring = rotate(settings().key_file)
    say(f"key {keyring.keys[-1].id} signs from now on; links signed before keep working")


@click.group("apikey", cls=Group, example="mailpixel apikey list")
def apikey_command() -> None:
    """Add, list and revoke keys of the HTTP API."""


@apikey_command.command("add", example="mailpixel apikey add reporting --scope read")
@click.argument("name")
@click.option(
    "--scope", type=click.Choice(["read", "write"]), required=True, help="Allow reading only, or writing too."
)
def apikey_add(name: str, scope: str) -> None:
    """Make an API key and print it. It is shown only once: only its digest is kept."""
    _, registry = stores()
    text = f"mp_{secrets.token_urlsafe(32)}"
    registry.add_key(ApiKey(name, scope, hashlib.sha256(text.encode()).digest(), datetime.now(UTC)))
    click.echo(text)
    say(f"this is the key `{name}`; it is not shown again. Send it as `Authorization: Bearer KEY`")


@apikey_command.command("list", example="mailpixel apikey list")
def apikey_list() -> None:
    """List API keys by name, scope and date."""
    _, registry = stores()
    registered = registry.keys()
    rows = [(k.name, k.scope, iso(k.created_at), iso(k.revoked_at)) for k in registered]
    print_table(("name", "scope", "created_at", "revoked_at"), rows)


@apikey_command.command("revoke", example="mailpixel apikey revoke old-key")
@click.argument("name")
def apikey_revoke(name: str) -> None:
    """Revoke an API key."""
    _, registry = stores()
    registry.revoke_key(name, datetime.now(UTC))
    say(f"the key `{name}` is refused from now on, by a running server within two seconds")
