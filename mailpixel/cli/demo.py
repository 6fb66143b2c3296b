"""`mailpixel demo`."""

import click

from mailpixel.cli.context import Command, begun, keyring, rules, say, settings, stores
from mailpixel.times import now_ms


@click.command("demo", cls=Command, example="mailpixel demo")
@click.option(
    "--remove",
    is_flag=True,
    help="Delete the demonstration campaigns with all their hits, and archive the site of the shop.",
)
def demo_command(remove: bool) -> None:
    """Add demonstration campaigns with simulated readers and machines, and print their ids.

    No mail is sent. The campaigns are marked wherever they are shown. If they already exist, nothing changes.
    """
    from mailpixel.demonstration.making import Folder, make_demonstration, remove_demonstration
    from mailpixel.demonstration.shop import ID as SHOP

    if remove:
        removed = remove_demonstration(*stores())
        say(f"removed {', '.join(removed)}" if removed else "there is no demonstration here")
        if SHOP in removed:
            say(f"the site {SHOP} is archived: hidden from lists, and nothing more of it is logged")
        return
    store, registry = begun()
    folder = Folder(store, registry, keyring(registry), settings(), rules())
    made = make_demonstration(folder, now_ms)
    for campaign in made:
        click.echo(campaign.id)
    say(f"next: mailpixel report {made[0].id}; to delete them again: mailpixel demo --remove")
