"""`mailpixel keys` (keys that sign links) and `mailpixel apikey` (keys of the HTTP API)."""

from datetime import UTC, datetime

import click

from mailpixel.cli.context import CommandGroup, begun, confirm, print_table, say, settings, stores, yes_option
from mailpixel.folder.key_changes import kept_keys, remove_key, rotate_keys
from mailpixel.report.moments import iso
from mailpixel.store.keys import new_api_key


@click.group("keys", cls=CommandGroup, example="mailpixel keys list")
def keys_command() -> None:
    """List, rotate and remove the keys that sign links."""


@keys_command.command("list", example="mailpixel keys list")
def keys_list() -> None:
    """List signing keys by id and date."""
    kept = kept_keys(settings())
    newest = kept.keys[-1].id
    rows = [(key.id, iso(key.created_at), "signs" if key.id == newest else "verifies") for key in kept.keys]
    print_table(("id", "created_at", "use"), rows)


@keys_command.command("rotate", example="mailpixel keys rotate")
def keys_rotate() -> None:
    """Add a signing key and sign with it from now on. Links signed with older keys keep working."""
    rotated = rotate_keys(settings())
    *former, newest = rotated.keys
    others = (
        "links signed with older keys keep working"
        if former
        else "this is the only key in keys.json, so back the file up"
    )
    say(f"key {newest.id} signs from now on; {others}")


@keys_command.command("remove", example="mailpixel keys remove 1 --yes")
@click.argument("id", type=click.IntRange(1, 255))
@yes_option
def keys_remove(id: int, yes: bool) -> None:
    """Remove a signing key, or forget a lost one. Links signed with it stop working."""
    confirm("Links signed with this key stop working, also in mail already sent. Remove it?", yes)
    remove_key(settings(), id)
    say(f"key {id} is removed; links signed with it no longer work")


@click.group("apikey", cls=CommandGroup, example="mailpixel apikey list")
def apikey_command() -> None:
    """Add, list and revoke keys of the HTTP API."""


@apikey_command.command("add", example="mailpixel apikey add reporting --scope read")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(["read", "write", "privacy"]),
    required=True,
    help="Allow only reading, or also writing, or reading and whatever concerns single people.",
)
def apikey_add(name: str, scope: str) -> None:
    """Create an API key and print it. It is shown only once, because only its digest is stored."""
    _, registry = begun()
    key, text = new_api_key(name, scope, datetime.now(UTC))
    registry.add_key(key)
    click.echo(text)
    say(f"this is the API key `{name}`; it is not shown again. Send it as `Authorization: Bearer KEY`")


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
    say(f"the API key `{name}` is revoked; a running server refuses it within two seconds")
