"""`mailpixel relay`."""

import asyncio
import logging
import os
import re
import signal
import socket
from typing import TYPE_CHECKING, Any

import click

from mailpixel.cli.context import Command, keyring, policy, say, settings, stores
from mailpixel.dropins.headers import PIXEL_HEADER, SPLIT_HEADER
from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.links.splicing.options import PIXEL_HELP, PIXEL_PLACES

if TYPE_CHECKING:
    from mailpixel.relay.server import Relay

_LISTEN = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[^\s\[\]:/]+)):(?P<port>[0-9]{1,5})")


@click.command(
    "relay", cls=Command, example="mailpixel relay --upstream smtp+starttls://user@mail.example:587"
)
@click.option(
    "--listen",
    default="127.0.0.1:2525",
    show_default=True,
    metavar="HOST:PORT",
    help="Accept mail at this address.",
)
@click.option(
    "--upstream",
    required=True,
    metavar="URL",
    help="Send mail through this server: smtp://host:port, smtps:// or smtp+starttls://user@host.",
)
@click.option(
    "--recipient-header",
    metavar="NAME",
    help="Read the recipient id from this header when X-Mailpixel-Recipient is missing.",
)
@click.option(
    "--pixel",
    type=click.Choice(PIXEL_PLACES),
    default=PIXEL_PLACES[0],
    show_default=True,
    help=f"{PIXEL_HELP} A message's {PIXEL_HEADER} header overrides this.",
)
@click.option(
    "--split",
    is_flag=True,
    help=f"Send one copy to each address of a tracked message. A message's {SPLIT_HEADER} header overrides this.",
)
@click.option(
    "--clients",
    default=256,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="Serve at most this many connections. A new connection replaces the one idle for longest.",
)
@click.option(
    "--memory-mb",
    default=128,
    show_default=True,
    type=click.IntRange(1, 65_536),
    metavar="MB",
    help="Hold at most this much mail in memory. Ask further clients to try again later.",
)
@click.option(
    "--open",
    "is_open",
    is_flag=True,
    help="Allow --listen on addresses that other machines can reach. Any client that reaches the port may then send.",
)
@click.option(
    "--counts-every",
    "counts_every_s",
    default=300,
    show_default=True,
    type=click.IntRange(1, 86_400),
    metavar="SECONDS",
    help="Log delivery counts this often, if they changed.",
)
def relay_command(listen: str, upstream: str, is_open: bool, counts_every_s: int, **how: Any) -> None:
    """Accept mail by SMTP, track messages with an X-Mailpixel-Campaign header, and forward all mail."""
    from mailpixel.dropins.campaigns import campaigns_of
    from mailpixel.links.splicing.options import RewriteOptions
    from mailpixel.relay.mail_tracking import Asks, RelayTracking
    from mailpixel.relay.server import Limits, Relay
    from mailpixel.relay.upstream import upstream_of

    host, port = _address(listen, is_open)
    target = upstream_of(upstream, settings().upstream_password, socket.getfqdn())
    if (target.host, target.port) == (host, port):
        raise InvalidInput("--upstream", "is the relay itself; name the server that sends the mail")
    _, registry = stores()
    keys = keyring(registry)
    campaigns = campaigns_of(
        registry, keys, RewriteOptions(settings().base_url, how["pixel"]), policy(registry)
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)  # the library logs addresses
    tracking = RelayTracking(campaigns, keys, Asks(how["recipient_header"], how["split"]))
    relay = Relay(target, tracking, Limits(how["clients"], how["memory_mb"] * 1_048_576))
    asyncio.run(_run(relay, host, port, counts_every_s))


async def _run(relay: "Relay", host: str, port: int, counts_every_s: int) -> None:
    """Relay until SIGTERM or SIGINT."""
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    try:
        listening = await relay.listen(host, port)
    except OSError as error:
        # the error's own text holds the address
        problem = "no such host" if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise MailpixelError(f"cannot listen on port {port}: {problem}") from None
    say(f"mailpixel relays mail from port {listening}; press Ctrl-C to stop")
    telling = asyncio.create_task(_tell(relay, counts_every_s))
    await ending.wait()
    telling.cancel()
    await relay.end()
    say(str(relay.counts))


async def _tell(relay: "Relay", every_s: int) -> None:
    """Print the delivery counts since the start, when they changed."""
    shown = str(relay.counts)
    while True:
        await asyncio.sleep(every_s)
        if str(relay.counts) != shown:
            shown = str(relay.counts)
            say(shown)


def _address(listen: str, is_open: bool) -> tuple[str, int]:
    """Host and port. Raises `InvalidInput`, also for a host that other machines can reach without `--open`."""
    from mailpixel.links.hosts import is_loopback

    parts = _LISTEN.fullmatch(listen)
    if parts is None or int(parts["port"]) > 65_535:
        raise InvalidInput("--listen", "must be HOST:PORT, such as 127.0.0.1:2525 or [::1]:2525")
    host = parts["v6"] or parts["host"]
    if not is_open and not is_loopback(host):
        raise InvalidInput(
            "--listen",
            "lets other machines send through the upstream; add --open if a firewall protects the port",
        )
    return host, int(parts["port"])
