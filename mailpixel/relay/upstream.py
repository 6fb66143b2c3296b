"""The mail server that the relay hands on to: where it is, and one client's line to it."""

import logging
import re
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from mailpixel.errors import InvalidInput
from mailpixel.links.hosts import is_loopback
from mailpixel.relay.reply import (
    CUT_OFF,
    FAILED,
    ITSELF,
    LOG_IN_REFUSED,
    LONE_DOT,
    NO_UTF8,
    UNCERTAIN,
    UNREACHABLE,
    SmtpReply,
    passed_on,
)

CONNECT_S = 30
"""How long the upstream may take to answer a new connection."""
ANSWER_S = 600
"""How long it may take for any reply: RFC 5321 (section 4.5.3.2) grants 10 minutes after a message's end."""

_LOG = logging.getLogger("mailpixel.relay")
_LONE_DOT = re.compile(rb"(?:\A|[\r\n])\0*\.\0*[\r\n]")
_END = b".\r\n"
RELAY_KEYWORD = "X-MAILPIXEL-RELAY"
"""The extension by which a relay says who it is."""
PATH_COMMAND = "XMAILPIXEL"
"""The command by which a relay says to another through which relays its mail came, so that a loop is seen at once."""


class Security(StrEnum):
    """How the connection is kept private, by the scheme of the upstream's URL."""

    NONE = "smtp"
    TLS = "smtps"
    STARTTLS = "smtp+starttls"


PORTS = {Security.NONE: 25, Security.TLS: 465, Security.STARTTLS: 587}


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where to hand on, and as whom. `name` is what the relay calls itself in its greeting."""

    host: str
    port: int
    security: Security = Security.NONE
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = "localhost"


def upstream_of(url: str, password: str = "", name: str = "localhost") -> Upstream:
    """The upstream of `smtp://host:port`, `smtps://user@host` or `smtp+starttls://user@host`.

    Ports default to 25, 465 and 587; special characters of the user are percent-encoded. Raises `InvalidInput` for
    anything else, for a password in the URL, where every process of the machine could read it, for a user without a
    password, and for one whose password would cross a network in clear.
    """
    try:
        parts = urlsplit(url)
        security, host, port = Security(parts.scheme), parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("--upstream", _SHAPE) from None
    if not host or parts.path not in ("", "/") or parts.query or parts.fragment or port == 0:
        raise InvalidInput("--upstream", _SHAPE)
    if parts.password is not None:
        raise InvalidInput("--upstream", "holds a password; move it to MAILPIXEL_UPSTREAM_PASSWORD")
    user = unquote(parts.username or "")
    if user and not password:
        raise InvalidInput(
            "MAILPIXEL_UPSTREAM_PASSWORD", "is not set, but the upstream's URL names a user; set it"
        )
    if user and security is Security.NONE and not is_loopback(host):
        raise InvalidInput(
            "--upstream", "would send the password unencrypted; use smtps:// or smtp+starttls://"
        )
    return Upstream(host, port or PORTS[security], security, user, password, name)


_SHAPE = "must be smtp://host:port, smtps://user@host:port or smtp+starttls://user@host:port"


def framed(content: bytes) -> bytes:
    """A message as DATA carries it: dots at the begin of a line doubled, a lone dot at the end."""
    stuffed = (b"." + content if content.startswith(b".") else content).replace(b"\r\n.", b"\r\n..")
    return stuffed + (b"" if not content or content.endswith(b"\r\n") else b"\r\n") + _END


def has_two_readings(wire: bytes) -> bool:
    """Whether some servers would see the end of a framed message too early, and read the rest as a stranger's commands.

    Such servers take a bare CR or LF for a line end, or drop NUL.
    Source: "SMTP Smuggling", SEC Consult, December 2023; such servers are still about.
    """
    return _LONE_DOT.search(wire, 0, len(wire) - len(_END)) is not None


class Line:
    """One client's connection to the upstream, opened with its first message and kept for its next ones.

    Safe from any thread; calls wait for each other. No method raises: what goes wrong is a reply. `relay` is what this
    relay says behind `RELAY_KEYWORD`: an upstream that says the same is refused, and so is one that leads back here.
    `path` are the relays that the client's mail came through before.
    """

    def __init__(self, upstream: Upstream, relay: str = "") -> None:
        self._upstream = upstream
        self._relay = relay
        self.path: tuple[str, ...] = ()
        self._client: smtplib.SMTP | None = None
        self._begun = False
        self._lock = threading.Lock()

    def mail(self, sender: str, options: Sequence[str]) -> SmtpReply:
        """Begin a message. `sender` is empty for a bounce; of the options BODY and SMTPUTF8 are passed on.

        A line that was left open and has gone quiet is opened again: no message has started, so trying again is safe.
        """
        with self._lock:
            was_open = self._client is not None
            reply = self._mail(sender, options)
            return self._mail(sender, options) if was_open and self._client is None else reply

    def recipient(self, address: str) -> SmtpReply:
        """Name one recipient of the message that has begun."""
        with self._lock:
            return self._ask("RCPT", f"TO:<{address}>")

    def content(self, content: bytes) -> SmtpReply:
        """Hand the message on. Only a reply with a code of 2xx says that the upstream has it.

        `UNCERTAIN` says that nobody can know: the upstream may have written it down before it went away.
        """
        with self._lock:
            wire = framed(content)
            if has_two_readings(wire):
                self._reset()
                return LONE_DOT
            reply = self._ask("DATA")
            if reply.code != 354:
                return FAILED if reply.accepted else reply
            reply = self._exchange(lambda client: _sent(client, wire), UNCERTAIN)
            self._begun = self._begun and not reply.accepted
            return reply

    def whole(self, sender: str, options: Sequence[str], address: str, content: bytes) -> SmtpReply:
        """Begin a message, name its one recipient and hand it on; the first reply that refuses, or the last."""
        reply = self.mail(sender, options)
        if reply.accepted:
            reply = self.recipient(address)
        return self.content(content) if reply.accepted else reply

    def reset(self) -> None:
        """Give up the message that has begun."""
        with self._lock:
            self._reset()

    def close(self) -> None:
        """Say goodbye."""
        with self._lock:
            client, self._client = self._client, None
            if client is not None:
                with suppress(OSError):
                    _wait_at_most(client, CONNECT_S)  # a goodbye is not worth a longer wait
                    client.quit()
                client.close()

    def _mail(self, sender: str, options: Sequence[str]) -> SmtpReply:
        if self._client is None:
            reply = self._opened()
            if reply is not None:
                return reply
        self._reset()
        client = self._client
        if client is None:
            return CUT_OFF
        if "SMTPUTF8" in options and not client.has_extn("smtputf8"):
            return NO_UTF8
        client.command_encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        passed = [option for option in options if client.has_extn(_PASSED.get(option, "-"))]
        self._begun = True
        return self._ask("MAIL", " ".join([f"FROM:<{sender}>", *passed]))

    def _opened(self) -> SmtpReply | None:
        """Open the connection; None when it stands, else why not."""
        try:
            client = _connected(self._upstream)
        except OSError as error:  # every error of smtplib and ssl is one
            _LOG.warning("the upstream cannot be used: %s", type(error).__name__)
            refused = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError)
            return LOG_IN_REFUSED if refused else UNREACHABLE
        if self._relay and self._leads_back(client):
            _LOG.error(
                "the upstream is this relay or leads back to it; set --upstream to the server that sends the mail"
            )
            client.close()
            return ITSELF
        self._client = client
        return None

    def _leads_back(self, client: smtplib.SMTP) -> bool:
        """Whether an upstream that is a relay too is this one, or hands on to it."""
        theirs = client.esmtp_features.get(RELAY_KEYWORD.lower())
        if theirs is None or theirs == self._relay:
            return theirs is not None
        try:
            code, _ = client.docmd(PATH_COMMAND, " ".join((*self.path, self._relay)))
        except OSError:
            return False  # the next command says what is wrong
        return code == ITSELF.code

    def _reset(self) -> None:
        if self._begun and self._client is not None:
            self._ask("RSET")
        self._begun = False

    def _ask(self, command: str, argument: str = "") -> SmtpReply:
        return self._exchange(lambda client: client.docmd(command, argument), CUT_OFF)

    def _exchange(self, ask: Callable[[smtplib.SMTP], tuple[int, bytes]], when_lost: SmtpReply) -> SmtpReply:
        if self._client is None:
            return CUT_OFF
        try:
            code, text = ask(self._client)
        except ValueError:  # an address that this upstream's command line cannot hold
            return NO_UTF8
        except OSError as error:
            _LOG.warning("the upstream disconnected: %s", type(error).__name__)
            self._drop()
            return when_lost
        if code == 421 or code < 0:
            self._drop()
        return SmtpReply(code, text.decode()) if code == 354 else passed_on(code, text)

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._begun = False
        if client is not None:
            client.close()


_PASSED = {"BODY=8BITMIME": "8bitmime", "SMTPUTF8": "smtputf8"}
"""Options of MAIL that are passed on, and the upstream's extension that takes them. SIZE is not: it changes.

An upstream without 8BITMIME gets the same bytes, as Exim does it (exim-users, 20 May 2011): RFC 6152
would have the message converted, which breaks signatures, or refused, for the sake of servers that are long gone.
"""


def _connected(upstream: Upstream) -> smtplib.SMTP:
    """A connection that is private and logged in, as far as the upstream's URL asks for it. Raises `OSError`."""
    context = ssl.create_default_context()
    where = (upstream.host, upstream.port, upstream.name, CONNECT_S)
    if upstream.security is Security.TLS:
        client: smtplib.SMTP = smtplib.SMTP_SSL(*where[:3], timeout=CONNECT_S, context=context)
    else:
        client = smtplib.SMTP(*where)
    try:
        client.ehlo_or_helo_if_needed()
        if upstream.security is Security.STARTTLS:
            client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
        if upstream.user:
            _log_in(client, upstream)
        _wait_at_most(client, ANSWER_S)
    except OSError:
        client.close()
        raise
    return client


def _log_in(client: smtplib.SMTP, upstream: Upstream) -> None:
    try:
        client.login(upstream.user, upstream.password)
    except smtplib.SMTPServerDisconnected as error:  # some hang up on a wrong password
        raise smtplib.SMTPNotSupportedError from error


def _sent(client: smtplib.SMTP, wire: bytes) -> tuple[int, bytes]:
    """Send what follows DATA. Not `smtplib.SMTP.data`: it would change lines that end in a bare LF."""
    client.send(wire)
    return client.getreply()


def _wait_at_most(client: smtplib.SMTP, seconds: int) -> None:
    if client.sock is not None:
        client.sock.settimeout(seconds)
