"""A test of a webhook: one post that says of itself that it is a test."""

import secrets
from collections.abc import Awaitable, Callable, Sequence

from mailpixel.errors import MissingExtra
from mailpixel.links.keyring import Keyring
from mailpixel.outbound.checks import check_url
from mailpixel.outbound.payloads import encoded, trial_payload
from mailpixel.outbound.sealing import EXTRA, unseal
from mailpixel.outbound.signing import message_id, signed_headers
from mailpixel.report.webhooks import TrialRow
from mailpixel.store.webhooks import Webhook


def trial(
    webhook: Webhook, keyring: Keyring, networks: Sequence[str], now_ms: int
) -> Callable[[], Awaitable[TrialRow]]:
    """What posts a test, which says so in its `type`, and waits for the answer, at most 15 seconds.

    Raises `InvalidInput` for a URL that may not be reached any more, `KeyringError` and `MissingExtra`.
    """
    try:
        from mailpixel.outbound.sender import Sender
    except ImportError:
        raise MissingExtra(EXTRA) from None
    check_url(webhook.url, webhook.insecure, networks)
    body = encoded(trial_payload(webhook.name, now_ms))
    id = message_id(secrets.token_bytes(16))
    headers = signed_headers([unseal(keyring, webhook.name, webhook.secret)], id, now_ms, body)
    sender = Sender(webhook.url, networks)

    async def posted() -> TrialRow:
        async with sender:
            result = await sender.post(headers, body)
        return TrialRow(result.outcome, result.status, result.took_ms, result.problem, result.answer)

    return posted
