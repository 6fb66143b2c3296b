"""Signatures by Standard Webhooks 1.0: HMAC-SHA-256 of `id.timestamp.body`, one for each secret in force.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, November 2026.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence

SECRET_BYTES = 24
PREFIX = "whsec_"
ID_PREFIX = "msg_"


def secret_text(secret: bytes) -> str:
    """A secret as receivers configure it: `whsec_` and base64."""
    return PREFIX + b64encode(secret).decode()


def message_id(*event_ids: bytes) -> str:
    """The id of a post: of its event, or of the first and the last event of a batch. The same for every try."""
    ends = event_ids if len(event_ids) == 1 else (event_ids[0], event_ids[-1])
    return ID_PREFIX + "_".join(id.hex() for id in ends)


def signed_headers(secrets: Sequence[bytes], id: str, now_ms: int, body: bytes) -> Mapping[str, str]:
    """The three headers of a post: its id, the moment of this try in seconds since 1970, and the signatures."""
    timestamp = str(now_ms // 1000)
    signed = b".".join((id.encode(), timestamp.encode(), body))
    signatures = (b64encode(hmac.digest(secret, signed, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
