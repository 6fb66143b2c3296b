"""Events as the text of a stream. Source: HTML standard, server-sent events, November 2026."""

import json
from enum import StrEnum

PING = b":\n\n"
"""A comment. It shows proxies and clients that the connection is alive."""
RETRY = b"retry: 2000\n\n"
"""How long a browser waits before it connects again, in milliseconds."""

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Kind(StrEnum):
    """What a listener may ask for."""

    CHANGE = "change"
    """The figures changed, and nothing else: for a page that then asks for them."""
    SUMMARY = "summary"
    """The summary, once at the start and again when it changed."""
    HIT = "hit"
    """Each hit with its verdict."""
    JOB = "job"
    """The progress of a job on this campaign."""


def frame(event: str, data: object, id: str = "") -> bytes:
    """One event. Its data is JSON, which has no line breaks. `id` is where a client goes on."""
    place = f"id: {id}\n" if id else ""
    return f"event: {event}\n{place}data: {_encode(data)}\n\n".encode()


CHANGED = frame(Kind.CHANGE, {})


def skipped(hits: int, id: str) -> bytes:
    """Says that some hits are left out, because more came than a stream carries."""
    return frame("skipped", {"hits": hits}, id)


def gap(id: str) -> bytes:
    """Says that an unknown number of hits is left out."""
    return frame("gap", {}, id)
