"""Pages of webhooks: the list with the form for a new one, and the page of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from mailpixel.errors import Conflict, InvalidInput, MissingExtra
from mailpixel.outbound import webhooks
from mailpixel.outbound.checks import EVENTS, MOST_BATCH, OFFERED, check_url
from mailpixel.outbound.chosen import VERDICTS
from mailpixel.outbound.trial import trial
from mailpixel.outbound.webhooks import NewWebhook, WebhookChange
from mailpixel.pages.numbers import grouped
from mailpixel.pages.webhooks import OUTCOMES, outcome_text, webhook_address, webhook_line
from mailpixel.reading.shapes import Moment
from mailpixel.report.moments import iso_ms
from mailpixel.report.webhooks import WebhookRow, letter_row, webhook_row
from mailpixel.server.web.forms import Form
from mailpixel.server.web.page import PageCall
from mailpixel.store.webhooks import WebhookState
from mailpixel.times import to_ms

PATH = "/settings/webhooks"
LETTERS_SHOWN = 50
Values = Mapping[str, Any]
NOTHING: Values = {
    "name": "",
    "url": "",
    "insecure": False,
    "events": EVENTS,
    "verdicts": "human",
    "campaigns": "",
    "batch": "1",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of one webhook shows besides its state: entries with their problems, a secret, a test's answer."""

    values: Values | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] | None = None
    trial: Mapping[str, str] | None = None
    since: str = ""


def show_webhooks(call: PageCall) -> Response:
    """All webhooks, and the form for a new one."""
    return _list(call, NOTHING, {})


def add(call: PageCall) -> Response:
    """Add a webhook and show its secret, this once."""
    values = _values(call.form)
    services = call.services
    try:
        asked = _asked(values)
        check_url(asked["url"], asked["insecure"], services.settings.webhook_networks)
        new = NewWebhook(values["name"], **asked)
        secret = webhooks.add_webhook(
            services.settled(), services.registry, services.live.keyring, new, to_ms(call.now)
        )
    except InvalidInput as error:
        return _list(call, values, {error.field: error.problem})
    except (Conflict, MissingExtra) as error:
        return _list(call, values, {"name": str(error)})
    return _page(call, new.name, Shown(secret={"name": new.name, "secret": secret, "until": ""}))


def show_webhook(call: PageCall) -> Response:
    """One webhook."""
    return _page(call, call.path["name"])


def change(call: PageCall) -> Response:
    """Change where a webhook posts, and what."""
    name, values = call.path["name"], _values(call.form)
    services = call.services
    try:
        asked = WebhookChange(**_asked(values))
        webhooks.change(services.registry, name, asked, services.settings.webhook_networks)
    except InvalidInput as error:
        return _page(call, name, Shown(values, {error.field: error.problem}))
    return call.redirect(webhook_address(name), "Saved. The webhook continues where it was.")


def test(call: PageCall) -> Any:
    """Post a test, and show the answer."""
    services, name = call.services, call.path["name"]
    webhook = services.registry.webhook(name)
    try:
        post = trial(webhook, services.live.keyring, services.settings.webhook_networks, to_ms(call.now))
    except InvalidInput as error:
        return _page(call, name, Shown(errors={error.field: error.problem}))
    except MissingExtra as error:
        return call.redirect(webhook_address(name), f"{error}.")

    async def answered() -> Response:
        found = await post()
        shown = Shown(trial={"text": outcome_text(found), "answer": found.answer})
        return await services.threads.page_reads.run(_page, call, name, shown)

    return answered()


def rotate(call: PageCall) -> Response:
    """Make a new secret and show it, this once."""
    registry, name = call.services.registry, call.path["name"]
    try:
        secret = webhooks.rotate(registry, call.services.live.keyring, name, to_ms(call.now))
    except MissingExtra as error:
        return call.redirect(webhook_address(name), f"{error}.")
    until = iso_ms(registry.webhook(name).old_until_ms) or ""
    return _page(call, name, Shown(secret={"name": name, "secret": secret, "until": until}))


def set_state(call: PageCall) -> Response:
    """Stop a webhook, or start it again."""
    name, stops = call.path["name"], call.form["state"] == WebhookState.STOPPED
    (webhooks.stop if stops else webhooks.start)(call.services.registry, name)
    text = (
        "The webhook is stopped. Nothing is lost: it can continue where it stopped."
        if stops
        else "The webhook continues where it stopped."
    )
    return call.redirect(webhook_address(name), text)


def replay(call: PageCall) -> Response:
    """Post again what was received since a moment."""
    name, since = call.path["name"], call.form.get("since")
    try:
        moment = to_ms(Moment.read(since))
    except InvalidInput as error:
        return _page(call, name, Shown(errors={"since": error.problem}, since=since))
    webhooks.replay(call.services.settled(), call.services.registry, name, moment)
    return call.redirect(
        webhook_address(name), f"The webhook posts again what was received since {iso_ms(moment)}."
    )


def retry(call: PageCall) -> Response:
    """Try all refused events again."""
    registry = call.services.registry
    name = registry.webhook(call.path["name"]).name
    number = registry.retry_letters(name, None, to_ms(call.now))
    return call.redirect(
        webhook_address(name), f"{grouped(number)} events are posted again within a few seconds."
    )


def remove(call: PageCall) -> Response:
    """Remove a webhook."""
    name = call.path["name"]
    if call.form.get("sure") != "yes":
        return _page(call, name, Shown(errors={"sure": "Tick the box to remove the webhook."}))
    webhooks.remove(call.services.store, call.services.registry, name)
    return call.redirect(PATH, f"The webhook {name} is removed.")


def _list(call: PageCall, values: Values, errors: Mapping[str, str]) -> Response:
    services = call.services
    rows = [webhook_row(services.store, services.registry, each) for each in services.registry.webhooks()]
    return call.page(
        "webhooks.html",
        title="Settings",
        webhooks=[webhook_line(row, len(EVENTS), call.now) for row in rows],
        types=OFFERED,
        values=values,
        errors=errors,
    )


def _page(call: PageCall, name: str, shown: Shown | None = None) -> Response:
    services, shown = call.services, shown or Shown()
    row = webhook_row(services.store, services.registry, services.registry.webhook(name))
    letters = services.registry.letters(name, limit=LETTERS_SHOWN + 1)
    return call.page(
        "webhook.html",
        title="Settings",
        webhook=webhook_line(row, len(EVENTS), call.now),
        is_running=row.state is WebhookState.RUNNING,
        posts=_posts(row),
        letters=[letter_row(letter) for letter in letters[:LETTERS_SHOWN]],
        more_letters=len(letters) > LETTERS_SHOWN,
        types=OFFERED,
        values=shown.values or _values_of(row),
        errors=shown.errors,
        shown=shown.secret,
        trial=shown.trial,
        since=shown.since,
    )


def _posts(row: WebhookRow) -> str:
    found = [
        f"{grouped(number)} {OUTCOMES[outcome].lower()}" for outcome, number in row.posts.items() if number
    ]
    return ", ".join(found) or "0"


def _values(form: Form) -> Values:
    """What was entered, as it is shown again."""
    return {
        "name": form.get("name").strip(),
        "url": form.get("url").strip(),
        "insecure": form.get("insecure") == "yes",
        "events": form.all("event"),
        "verdicts": form.get("verdicts"),
        "campaigns": form.get("campaigns").strip(),
        "batch": form.get("batch").strip(),
    }


def _values_of(row: WebhookRow) -> Values:
    """What a webhook is, as a form shows it."""
    return {
        "name": row.name,
        "url": row.url,
        "insecure": row.insecure,
        "events": row.events,
        "verdicts": row.verdicts,
        "campaigns": " ".join(row.campaigns),
        "batch": str(row.batch),
    }


def _asked(values: Values) -> dict[str, Any]:
    """The entries as values. Raises `InvalidInput`."""
    batch = values["batch"] or "1"
    if not (batch.isascii() and batch.isdecimal() and 1 <= int(batch[:4]) <= MOST_BATCH):
        raise InvalidInput("batch", f"must be a whole number from 1 to {MOST_BATCH}")
    if not values["events"]:
        raise InvalidInput("events", "Choose at least one type.")
    return {
        "url": values["url"],
        "insecure": values["insecure"],
        "events": values["events"],
        "campaigns": values["campaigns"].replace(",", " ").split(),
        "verdicts": "all" if values["verdicts"] == VERDICTS[1] else VERDICTS[0],
        "batch": int(batch),
    }
