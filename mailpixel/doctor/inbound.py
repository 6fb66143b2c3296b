"""Checks of the sources of delivery reports."""

from collections.abc import Iterator

from mailpixel.doctor.local import Check, Grade, failed
from mailpixel.errors import KeyringError, MissingExtra
from mailpixel.inbound.source import open_secrets
from mailpixel.links.keyring import Keyring
from mailpixel.store.inbound import InboundPosts, InboundSource, InboundSources
from mailpixel.times import moment_of

NEW_ONE = "remove the source and add it again with the right one: mailpixel inbound remove NAME"
REMEDIES = {
    "no_access": "set the URL or key at the ESP that was printed when the source was added; for a new one, remove the "
    "source and add it again: mailpixel inbound remove NAME",
    "forged": f"the signing key or topic is not the one of this ESP account; {NEW_ONE}",
    "stale": "compare the clock of this machine with the right time",
    "unreadable": f"check that the ESP of the source is the one that posts to it; {NEW_ONE}",
    "too_large": "let the ESP send smaller batches",
}
"""What helps against each reason for which all posts of a source are refused."""


def check_inbound(sources: InboundSources, keyring: Keyring) -> Iterator[Check]:
    """Check each source: whether these keys can read it, and whether its posts are taken. Nothing without sources."""
    posts = sources.inbound_posts()
    for source in sources.inbounds():
        yield _of_source(source, keyring, posts.get(source.name, InboundPosts()))


def _of_source(source: InboundSource, keyring: Keyring, posts: InboundPosts) -> Check:
    name = f"reports {source.name}"
    try:
        open_secrets(keyring, source)
    except (KeyringError, MissingExtra) as error:
        return failed(name, error)
    if source.confirm_url:
        remedy = f"mailpixel inbound confirm {source.name}"
        return Check(name, Grade.WARN, "a subscription waits to be confirmed; SNS sends no reports", remedy)
    if posts.are_all_refused:
        found = (
            f"every post so far was refused, the last at {_moment(posts.refused_at_ms)} ({posts.refused_as})"
        )
        remedy = REMEDIES.get(posts.refused_as, "see the manual: mailpixel docs inbound")
        return Check(name, Grade.WARN, found, remedy.replace("NAME", source.name))
    last = (
        f"the last was taken at {_moment(posts.taken_at_ms)}" if posts.taken_at_ms else "none has arrived yet"
    )
    return Check(name, Grade.OK, f"its reports can be checked; {last}")


def _moment(at_ms: int | None) -> str:
    return "" if at_ms is None else f"{moment_of(at_ms):%Y-%m-%d %H:%M} UTC"
