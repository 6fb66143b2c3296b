"""Handlers for webhooks: list, add, show, change, remove, test, rotate, replay, and their letters."""

from starlette.responses import Response

from mailpixel.errors import NotFound
from mailpixel.outbound import webhooks
from mailpixel.outbound.checks import check_url
from mailpixel.outbound.trial import trial
from mailpixel.report.moments import iso_ms
from mailpixel.report.webhooks import (
    NewSecretRow,
    WebhookRow,
    added_webhook_row,
    letter_row,
    webhook_row,
)
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.query import page
from mailpixel.server.api.webhook_shapes import (
    NewWebhook,
    Replay,
    Retry,
    Rotation,
    WebhookEdit,
    check_event_id,
)
from mailpixel.server.errors import NO_STORE
from mailpixel.times import to_ms


def list_webhooks(call: Call) -> object:
    """All webhooks in order of name."""
    services = call.services
    found = services.registry.webhooks()
    return {"items": [webhook_row(services.store, services.registry, each).to_json() for each in found]}


def add(call: Call) -> object:
    """Add a webhook; its secret is in the answer. Raises `InvalidInput`, and `Conflict` for a taken name."""
    body: NewWebhook = call.body
    services, new = call.services, body.webhook()
    check_url(new.url, new.insecure, services.settings.webhook_networks)
    secret = webhooks.add_webhook(
        services.settled(), services.registry, services.live.keyring, new, to_ms(call.now)
    )
    added = added_webhook_row(_row(call, new.name), secret)
    return answer_json(added.to_json(), 201, {"location": f"/api/webhooks/{new.name}"})


def show(call: Call) -> object:
    """One webhook and how posting goes. Raises `NotFound`."""
    return _row(call, call.path["name"]).to_json()


def change(call: Call) -> object:
    """The webhook after the changes in the body. Raises `InvalidInput` and `NotFound`."""
    body: WebhookEdit = call.body
    services, name = call.services, call.path["name"]
    webhooks.change(services.registry, name, body.change(), services.settings.webhook_networks)
    return _row(call, name).to_json()


def remove(call: Call) -> object:
    """Remove a webhook with its letters; the answer is empty. Raises `NotFound`."""
    webhooks.remove(call.services.store, call.services.registry, call.path["name"])
    return Response(status_code=204, headers=NO_STORE)


def test(call: Call) -> object:
    """Post a test, and answer with what the receiver says. Raises `InvalidInput` and `NotFound`."""
    services = call.services
    webhook = services.registry.webhook(call.path["name"])
    post = trial(webhook, services.live.keyring, services.settings.webhook_networks, to_ms(call.now))

    async def answered() -> object:
        return (await post()).to_json()

    return answered()


def rotate(call: Call) -> object:
    """Make a new secret, which is in the answer. Raises `NotFound`."""
    body: Rotation = call.body
    registry, name = call.services.registry, call.path["name"]
    secret = webhooks.rotate(registry, call.services.live.keyring, name, to_ms(call.now), body.hours)
    return NewSecretRow(secret, iso_ms(registry.webhook(name).old_until_ms)).to_json()


def replay(call: Call) -> object:
    """Post again what was received since a moment. Raises `NotFound`."""
    body: Replay = call.body
    webhooks.replay(call.services.settled(), call.services.registry, call.path["name"], to_ms(body.since))
    return _row(call, call.path["name"]).to_json()


def letters(call: Call) -> object:
    """One page of the letters of a webhook, in order of event. Raises `NotFound`."""
    registry, query = call.services.registry, call.query
    name = registry.webhook(call.path["name"]).name
    found = registry.letters(name, _event_after(query.after), query.limit + 1)
    return page(
        found, query.limit, lambda letter: letter.event_id.hex(), lambda each: letter_row(each).to_json()
    )


def retry(call: Call) -> object:
    """Try letters again. Raises `NotFound`, also for an event without a letter."""
    body: Retry = call.body
    registry = call.services.registry
    name = registry.webhook(call.path["name"]).name
    event_id = bytes.fromhex(body.event) if body.event else None
    number = registry.retry_letters(name, event_id, to_ms(call.now))
    if event_id is not None and not number:
        raise NotFound(
            f"webhook {name!r} has no refused event with this id; GET /api/webhooks/{name}/letters lists them"
        )
    return {"letters": number}


def _row(call: Call, name: str) -> WebhookRow:
    services = call.services
    return webhook_row(services.store, services.registry, services.registry.webhook(name))


def _event_after(after: str) -> bytes:
    return bytes.fromhex(check_event_id(after, "cursor")) if after else b""
