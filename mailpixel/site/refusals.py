"""The words for an event that is refused. Every other problem of an event keeps it."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why an event is refused. An event has the first that applies."""

    MALFORMED = "refused:malformed"
    """It is no object."""
    BAD_NAME = "refused:bad_name"
    SERVER_ONLY = "refused:server_only"
    UNKNOWN_NAME = "refused:unknown_name"
    BAD_ID = "refused:bad_id"
    BAD_AGE = "refused:bad_age"
    TOO_OLD = "refused:too_old"
    BAD_URL = "refused:bad_url"
    FOREIGN = "refused:foreign"
    """It comes from a page of another site."""
