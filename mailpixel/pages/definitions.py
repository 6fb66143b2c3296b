"""What each figure means, in one sentence or two. Rates bring their own definition, see `Summary.rates`."""

from collections.abc import Mapping

from mailpixel.store.standing import Standing
from mailpixel.traffic.programs import Device, Program

DEFINITIONS: Mapping[str, str] = {
    "Sent": "Messages sent, as you set it for the campaign. No deliveries were reported, so rates are calculated from "
    "these.",
    "Messages sent": "Messages that were sent, as you set it for the campaign.",
    "Tracked": "Messages whose opens and clicks can be seen. Rates are calculated from these.",
    "Delivered": "Messages that the receiving server accepted, as your e-mail service reported it. Some of them may be "
    "in a spam folder.",
    "Known readers": "Messages with a human open or a human click, of the messages that could be tracked. This part is "
    "certain: others may have read the mail unseen.",
    "Read by": "From the share that is certain to the share that is possible. The difference is recipients whose mail "
    "program fetches every image, whether or not they read.",
    "Clicked": "Messages with at least one human click, of the messages delivered, or sent if no delivery is known.",
    "Machines": "Opens and clicks of security scanners, link checkers, crawlers and prefetchers, without repeats. They "
    "are in no rate.",
    "Still settling": "Hits so recent that further hits may still change their verdict.",
    "Bounced": "Messages that did not arrive, as your e-mail service reported it. Messages that a person opened or "
    "clicked are not among them.",
    "Reported as spam": "Messages that recipients reported as spam to their mailbox provider.",
    "Not tracked": "Recipients whose opens or clicks are not recorded by name.",
    "Opted out": "Recipients who asked not to be tracked. They are in no figure of opens and clicks from then on.",
    "Who is recorded by name": "Recipients as they were when links were signed. Opens and clicks of the others are in "
    "no rate; the purpose that more people lack is shown.",
    "Who loaded the images": "Opens without repeats. A mail proxy of Gmail, Yahoo, Seznam or Microsoft fetches "
    "when the reader looks, so it stands for a person. Apple's privacy prefetch fetches whether or not anyone looks.",
    "Who followed links": "Clicks without repeats, by people and by machines such as security scanners.",
    "What is known of recipients": "Every recipient with an event is in exactly one of these groups. Nobody can say "
    "who did not read the mail: recipients of whom nothing is known, and hidden ones, may have read it.",
    "Programs": "The program of the first human open, or unknown. A click does not show it.",
    "Devices": "The device of the first human open, or of the first human click if there was no open. A mail "
    "proxy hides it.",
    "People": "Messages with at least one human click on this link.",
    "Machine clicks": "Clicks of machines on this link, without repeats.",
    "Share": "Of all messages with a human click, those with one on this link. One person may follow several links, so "
    "shares may add up to more than 100 %.",
    "When": "Opens and clicks over time, without repeats.",
    "First 3 days": "Human opens by hour, in the first 72 hours after sending.",
    "People gone": "Messages whose last hit or report was before a day are removed, because their time is over. All "
    "figures still count them; lists of recipients do not.",
    "Since sending": "The share of recipients who had opened or clicked, by full hours since sending. Only human "
    "opens and clicks count.",
}

COUNT_DEFINITIONS: Mapping[str, str] = {
    "events": "All loads of the image, and all visits of a link, by people and machines.",
    "deduplicated": "The same without repeats.",
    "unique": "Messages with at least one.",
    "human": "By people, without repeats.",
    "unique_human": "Messages with at least one by a person.",
    "proxied": "By people, through the image proxy of their mailbox.",
    "privacy_prefetch": "By Apple's privacy prefetch, which may hide a person. Never counted as one.",
    "machine": "By prefetchers, scanners and bots.",
    "inferred_from_clicks": "Messages with a click by a person, but no open: read without images. Those "
    "whose opens are not recorded are left out.",
}
"""What each count of opens and clicks means, by its name in the summary."""

STANDING_NAMES: Mapping[Standing, str] = {
    Standing.CLICKED: "clicked",
    Standing.READ: "read",
    Standing.HIDDEN: "hidden",
    Standing.MACHINES: "machines only",
    Standing.NOTHING: "nothing known",
    Standing.OPTED_OUT: "opted out",
    Standing.BOUNCED: "bounced",
}
"""The standings in the order in which pages show them."""
STANDING_DEFINITIONS: Mapping[Standing, str] = {
    Standing.CLICKED: "A person followed a link.",
    Standing.READ: "A person loaded the images.",
    Standing.HIDDEN: "Apple's privacy prefetch fetched the images, which it does whether or not the mail is read. They "
    "may have read it.",
    Standing.MACHINES: "Only machines fetched the images or followed links.",
    Standing.NOTHING: "No open and no click. They may have read the mail without its images.",
    Standing.OPTED_OUT: "They asked not to be tracked.",
    Standing.BOUNCED: "The mail did not arrive.",
}

PROGRAM_NAMES: Mapping[str, str] = {
    Program.GMAIL: "Gmail",
    Program.YAHOO: "Yahoo",
    Program.APPLE: "Apple privacy proxy",
    Program.MICROSOFT: "Outlook.com, new Outlook",
    Program.SEZNAM: "Seznam",
    Program.WEBKIT: "Apple Mail and similar",
    Program.BROWSER: "a mailbox in a browser",
    Program.OTHER: "another program",
    Program.K9: "K-9 Mail",
    Program.FAIREMAIL: "FairEmail",
    Program.BLUEMAIL: "BlueMail",
    Program.AQUAMAIL: "AquaMail",
    Program.EM_CLIENT: "eM Client",
    Program.PROTON: "Proton Mail",
    Program.NOTES: "HCL Notes",
}
"""Programs whose name is not simply their word in capitals."""
DEVICE_NAMES: Mapping[str, str] = {
    Device.DESKTOP: "computer",
    Device.PHONE: "phone",
    Device.TABLET: "tablet",
}


def program_name(name: str) -> str:
    """A program as people call it."""
    return PROGRAM_NAMES.get(name, name.replace("_", " ").title())


def device_name(name: str) -> str:
    """A device as people call it."""
    return DEVICE_NAMES.get(name, name)
