"""The population: where people have their mail, how many of them read and click, and what checks the mail before.

The shares are made up. They are near what senders to consumers in Europe and America report: Litmus, Email Client
Market Share, 2025, on where mail is read; half of Apple Mail's users behind privacy protection.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from mailpixel.demonstration import clients, machines
from mailpixel.demonstration.clients import Client
from mailpixel.demonstration.machines import Planned, Subject

Machines = Callable[[Random, Subject], Iterator[Planned]]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A kind of mailbox.

    `share` of the people have it. `reads` and `clicks` are the shares of them who read, and of the readers who
    click. `opens` are the programs that fetch the pixel when someone reads: one is chosen, and none means that
    reading is not seen. `proxied` is the network of those programs where they are not the reader's. `follows` are
    the browsers in which links open. `machines` come by themselves.
    """

    share: float
    reads: float
    clicks: float
    opens: Sequence[Client]
    follows: Sequence[Client]
    machines: Sequence[Machines] = ()
    proxied: str = ""


MAILBOXES: tuple[Mailbox, ...] = (
    # Apple Mail behind privacy protection: every image is fetched, and no reader is seen unless they click.
    Mailbox(0.27, 0.45, 0.13, (), (clients.IPHONE, clients.IPHONE, clients.MAC), (machines.apple_prefetch,)),
    # Apple Mail without it
    Mailbox(0.06, 0.44, 0.13, (clients.IPHONE_MAIL,), (clients.IPHONE,)),
    # Gmail
    Mailbox(
        0.29,
        0.41,
        0.12,
        (clients.GMAIL_PROXY,),
        (clients.ANDROID, clients.ANDROID, clients.CHROME),
        proxied="66.249.84",
    ),
    # Yahoo
    Mailbox(0.05, 0.38, 0.10, (clients.YAHOO_PROXY,), (clients.CHROME, clients.ANDROID), proxied="203.0.113"),
    # Other mail read in a browser
    Mailbox(
        0.09,
        0.39,
        0.14,
        (clients.CHROME, clients.FIREFOX, clients.MAC, clients.ANDROID_TABLET),
        (clients.CHROME, clients.FIREFOX),
    ),
    # Programs on a desktop or a phone
    Mailbox(
        0.12,
        0.36,
        0.12,
        (clients.OUTLOOK, clients.OUTLOOK, clients.OUTLOOK, clients.THUNDERBIRD),
        (clients.EDGE, clients.FIREFOX),
    ),
    Mailbox(0.05, 0.38, 0.10, (clients.SAMSUNG, clients.SAMSUNG, clients.K9), (clients.ANDROID,)),
    # Companies whose gateways follow the links first
    Mailbox(0.03, 0.33, 0.11, (clients.OUTLOOK,), (clients.EDGE,), (machines.link_checker,)),
    Mailbox(0.01, 0.30, 0.10, (clients.OUTLOOK,), (clients.EDGE,), (machines.named_scanner,)),
    # People who paste links into a chat, and mailboxes that a program reads
    Mailbox(0.01, 0.55, 0.60, (clients.CHROME,), (clients.CHROME,), (machines.chat_preview,)),
    Mailbox(0.02, 0.0, 0.0, (), (), (machines.tool,)),
)


def mailbox_of(rng: Random) -> Mailbox:
    """The mailbox of one person."""
    return rng.choices(MAILBOXES, [each.share for each in MAILBOXES])[0]
