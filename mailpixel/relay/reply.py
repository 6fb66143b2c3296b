"""What a mail server answers: a code and its text, as one value that passes from the upstream to the client."""

from typing import NamedTuple


class SmtpReply(NamedTuple):
    """An SMTP reply: a code from 200 to 599, and its text, perhaps of several lines."""

    code: int
    text: str

    @property
    def accepted(self) -> bool:
        """Whether the server took what was sent."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        """The reply as it goes over the wire, without the last line's end."""
        lines = self.text.splitlines() or [""]
        marks = ["-"] * (len(lines) - 1) + [" "]
        return "\r\n".join(f"{self.code}{mark}{line}" for mark, line in zip(marks, lines, strict=True))


UNREACHABLE = SmtpReply(451, "4.4.1 The upstream does not answer, nothing was sent on; try again later")
LOG_IN_REFUSED = SmtpReply(
    451, "4.7.0 The upstream refuses the relay; ask the relay's operator to check; try again later"
)
ITSELF = SmtpReply(
    451,
    "4.4.6 The relay's upstream leads back to the relay; ask the relay's operator to check; try again later",
)
CUT_OFF = SmtpReply(451, "4.4.2 The upstream disconnected before the message, nothing was sent on; try again")
UNCERTAIN = SmtpReply(
    451, "4.4.2 The upstream disconnected before its answer and may have the message; try again"
)
NO_UTF8 = SmtpReply(553, "5.6.7 The upstream does not take addresses outside of ASCII (SMTPUTF8)")
LONE_DOT = SmtpReply(
    550,
    "5.6.0 The message has a lone dot between bare CR, bare LF or NUL, which could end it early; send CRLF line ends",
)
FAILED = SmtpReply(451, "4.3.0 The relay failed, nothing was sent on; try again later")
NO_ROOM = SmtpReply(421, "4.3.2 The relay has too many connections; try again later")
SILENT = SmtpReply(421, "4.4.2 This connection was idle and another needed its place; connect again")
TOO_SLOW = SmtpReply(421, "4.4.2 This connection was idle for too long; connect again")
NO_MEMORY = SmtpReply(452, "4.3.1 The relay has no memory left for this message; try again later")
MANY_RECIPIENTS = SmtpReply(
    452, "4.5.3 Too many recipients for one message; send another message to the rest"
)
TOO_LARGE = SmtpReply(552, "5.3.4 The message is larger than the relay accepts")
LINE_TOO_LONG = SmtpReply(500, "5.5.2 A line of the message is longer than the relay accepts")
HEADER_TOO_LARGE = SmtpReply(552, "5.3.4 The header of the message is larger than the relay accepts")
"""The relay's own replies. Those of a busy or a broken machine are for a while (4xx): a client that keeps what was
refused loses nothing. The others (5xx) refuse what no later attempt would mend."""


def passed_on(code: int, text: bytes) -> SmtpReply:
    """An upstream's reply for the client. 421 becomes 451: it speaks of the upstream's connection, not of ours."""
    if code == 421 or not 200 <= code < 600:
        code = 451
    return SmtpReply(code, text.decode("utf-8", "replace"))
