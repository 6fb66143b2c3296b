"""`mailpixel rewrite`."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

import click

from mailpixel.cli.context import Command, base_url, keyring, policy, say, stores, warn
from mailpixel.cli.rewrite_words import left_alone, worth_knowing
from mailpixel.cli.suggestions import campaign_argument
from mailpixel.errors import InvalidInput
from mailpixel.links.hosts import warning_of
from mailpixel.links.merge_tag import resembles_field
from mailpixel.links.splicing.options import PIXEL_HELP, PIXEL_PLACES, SHOWN_WORDS, RewriteOptions
from mailpixel.modes import Treatment
from mailpixel.rewriting import Rewriter, Rewritten, rewriter_of
from mailpixel.rewriting.file_kind import is_message
from mailpixel.rewriting.keeping import Offered, keep_mail

_UTM_NAME = re.compile(r"[A-Za-z0-9_]{1,50}")
UTM_CHARS = 200


@click.command(
    "rewrite",
    cls=Command,
    example="""mailpixel rewrite spring-2026 --merge-tag '*|MP|*' template.html > tracked.html
mailpixel rewrite spring-2026 --recipient r-1001 mail.eml > tracked.eml""",
)
@campaign_argument
@click.argument("source", type=click.File("rb"), metavar="FILE|-")
@click.option("--recipient", help="Track for this recipient: an opaque id, never an address.")
@click.option(
    "--merge-tag",
    metavar="TAG",
    help="Track one template for all recipients, with this merge field of your ESP, such as '*|MP|*'.",
)
@click.option(
    "--eml/--html", "message", default=None, help="Treat FILE as a message or as HTML instead of guessing."
)
@click.option("--mso", is_flag=True, help="Also track links that only classic Outlook reads.")
@click.option("--text", is_flag=True, help="Also track links in the plain-text parts of a message.")
@click.option(
    "--pixel",
    type=click.Choice(PIXEL_PLACES),
    default=PIXEL_PLACES[0],
    show_default=True,
    help=PIXEL_HELP,
)
@click.option(
    "--shown",
    type=click.Choice(SHOWN_WORDS),
    default=SHOWN_WORDS[0],
    show_default=True,
    help="Track or leave alone links whose text shows a different domain from the tracker's.",
)
@click.option(
    "--by-place",
    is_flag=True,
    help="Give each place of a destination its own number, so that logo and button count separately.",
)
@click.option(
    "--keep",
    is_flag=True,
    help="Keep FILE in the database for the campaign's click map, in place of the one kept before.",
)
@click.option(
    "--utm",
    multiple=True,
    metavar="NAME=VALUE",
    help="Add utm_NAME to links that lack it. May be repeated.",
)
def rewrite_command(id: str, source: BinaryIO, **given: Any) -> None:
    """Add tracking to a template or a message: HTML or .eml in, the same out, counts on stderr.

    If anything fails, print the input unchanged and exit with a code other than 0, so that no mail is lost. A wrong
    option ends the command at once without output (exit code 2).
    """
    whom = Whom(given.pop("recipient"), given.pop("merge_tag"))
    message: bool | None = given.pop("message")
    keep: bool = given.pop("keep")
    given["utm"] = tuple(utm_parameter(text) for text in given["utm"])
    content = source.read()
    try:
        is_mail = is_message(str(getattr(source, "name", "")), content) if message is None else message
        rewriter = _rewriter(id, given)
        warn(warning_of(rewriter.minter.base_url, id))
        warn(whom.doubt)
        rewritten = whom.rewritten(content, is_mail, rewriter)
    except Exception:  # print the mail untracked, whatever the error
        _give(content)
        raise
    _give(rewritten.output)
    _tell(rewritten)
    if keep:
        _keep(id, Offered(content, is_mail, "cli", datetime.now(UTC)), whom, given)
    if whom.merge_tag is not None:
        say(f"next, make the merge field for each recipient: mailpixel links {id} --recipients FILE --merge")


@dataclass(frozen=True, slots=True)
class Whom:
    """One recipient, or all recipients by a merge tag. Raises `InvalidInput` for neither and for both."""

    recipient: str | None
    merge_tag: str | None

    def __post_init__(self) -> None:
        """Refuse neither and both."""
        if (self.recipient is None) == (self.merge_tag is None):
            raise InvalidInput("--recipient, --merge-tag", "give one of the two")

    @property
    def doubt(self) -> str:
        """A warning about an unusual merge tag, or empty text."""
        if self.merge_tag is None or resembles_field(self.merge_tag):
            return ""
        return (
            f"--merge-tag {self.merge_tag} does not look like a merge field, such as *|MP|* or {{{{mp}}}}; "
            "if your ESP does not replace it, the links and the pixel do not work"
        )

    def rewritten(self, content: bytes, is_mail: bool, rewriter: Rewriter) -> Rewritten[bytes]:
        """The content tracked. Raises `InvalidInput` for a message with a merge tag."""
        if self.merge_tag is None:
            rewrite = rewriter.message if is_mail else rewriter.html
            return rewrite(content, self.recipient or "")
        if is_mail:
            raise InvalidInput(
                "--merge-tag", "works for HTML only: an ESP does not fill merge fields in an encoded message"
            )
        return rewriter.template(content, self.merge_tag)


def utm_parameter(text: str) -> tuple[str, str]:
    """`source=news` or `utm_source=news` as (`utm_source`, `news`). Raises `InvalidInput`."""
    name, _, value = text.partition("=")
    if not _UTM_NAME.fullmatch(name) or not 1 <= len(value) <= UTM_CHARS or not value.isprintable():
        raise InvalidInput(
            "--utm", f"must be like source=newsletter, the value of 1 to {UTM_CHARS} characters"
        )
    return "utm_" + name.removeprefix("utm_"), value


def _rewriter(id: str, style: Mapping[str, Any]) -> Rewriter:
    _, registry = stores()
    options = RewriteOptions(base_url(), **style)
    return rewriter_of(registry, keyring(registry), id, options, policy=policy(registry))


def _keep(id: str, offered: Offered, whom: Whom, style: Mapping[str, Any]) -> None:
    """Keep the mail that was rewritten. The output is out already, so a mail that cannot be kept is an error alone."""
    _, registry = stores()
    options = RewriteOptions(base_url(), merge_tag=whom.merge_tag or "", **style)
    kept = keep_mail(registry, id, offered, options)
    whose = "" if whom.recipient is None else "; it is one recipient's mail, so it may hold personal text"
    say(f"kept for the click map: {len(kept.html):,} bytes with {len(kept.places)} tracked place(s){whose}")


def _give(output: bytes) -> None:
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()


def _tell(rewritten: Rewritten[bytes]) -> None:
    """Print the counts. Exit with code 1 when an error left the input untracked."""
    if rewritten.error is not None:
        say(f"error: {rewritten.error}; the output is the untracked input")
        sys.exit(1)
    if rewritten.treatment.opens or rewritten.treatment.clicks:
        say(_unrecorded(rewritten.treatment))
    counts = dict(rewritten.report)
    places, pixel = counts.pop("tracked", 0), "one pixel" if rewritten.has_pixel else "no pixel"
    if not places and not rewritten.has_pixel:
        say("nothing could be tracked: the output is the input")
    else:
        links = len(rewritten.links) + len(rewritten.carried)
        say(f"tracked {links} link(s) in {places} place(s); {pixel}")
    for line in [*left_alone(counts), *worth_knowing(rewritten.notes)]:
        say(line)


def _unrecorded(treatment: Treatment) -> str:
    """What is not recorded of the recipient by name, and why."""
    whys = {"opens": treatment.opens, "clicks": treatment.clicks}
    said = ", ".join(f"{purpose} ({why})" for purpose, why in whys.items() if why is not None)
    return f"not recorded by name for this recipient: {said}"
