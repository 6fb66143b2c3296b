"""Every exception mailpixel raises on purpose.

    MailpixelError
    ├── InvalidInput      a value from outside is wrong: names the field, the problem and the remedy
    ├── NotFound          a campaign, recipient or key that does not exist
    ├── Conflict          something exists already, or was changed in the meantime
    ├── KeyringError      the signing keys cannot be read or are unsafe
    ├── StoreUnavailable  the store refuses to read or write for now
    ├── ErasureUnfinished a person was erased, but traces are left on disk
    └── MissingExtra      an optional package is needed: the message is the install line

A message names the problem, the value and the remedy. It never holds a token, key, address or IP.
"""


class MailpixelError(Exception):
    """The root: catch this to catch everything mailpixel raises on purpose."""


class InvalidInput(MailpixelError):
    """A value from outside is wrong.

    `field` names where the value was (a column, a JSON key, an option), so that an API client can point at
    it. The message states the problem and the remedy.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)  # both are needed to pickle the error
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


class NotFound(MailpixelError):
    """The requested thing does not exist."""


class Conflict(MailpixelError):
    """It exists already, or another process changed it meanwhile."""


class KeyringError(MailpixelError):
    """The signing keys cannot be read, or others could read them."""


class StoreUnavailable(MailpixelError):
    """The store, or the system below it, refuses for now: disk full, locked, read-only, no thread to be had."""


class ErasureUnfinished(MailpixelError):
    """A person was erased, but the deleted bytes are still on disk. The message says where and what to do."""


class MissingExtra(MailpixelError):
    """An optional package is needed; the message holds the install line."""


def safe_message(error: Exception) -> str:
    """A message that is safe to log: ours as it is, any other error by its type name only."""
    return str(error) if isinstance(error, MailpixelError) else type(error).__name__
