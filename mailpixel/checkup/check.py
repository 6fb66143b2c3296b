"""What a check tells: how it stands, what was found, what to do."""

from dataclasses import dataclass
from enum import StrEnum

from mailpixel.errors import MailpixelError


class Grade(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    """It works, and something may surprise."""
    FAIL = "fail"
    """Mail sent now would not be tracked, or not rightly."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a checkup. `remedy` is empty for what is in order."""

    name: str
    grade: Grade
    found: str
    remedy: str = ""


def failed(name: str, error: MailpixelError) -> Check:
    """A check that ended in an error of ours: its message tells the problem, a semicolon and the remedy."""
    found, _, remedy = str(error).partition("; ")
    return Check(name, Grade.FAIL, found, remedy)
