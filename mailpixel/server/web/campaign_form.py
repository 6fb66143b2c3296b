"""The form of a campaign: what it shows, and what it asks for in the words and by the rules of the API.

Nothing that was entered is lost: a faulty form is shown again as it was sent, with the problem beside its field.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mailpixel.errors import InvalidInput
from mailpixel.model import Campaign, Link
from mailpixel.modes import FULL
from mailpixel.reading.shapes import read_shape
from mailpixel.report.links import campaign_row
from mailpixel.report.zones import time_zone
from mailpixel.server.api.campaign_shapes import CampaignChange, NewCampaign
from mailpixel.server.web.forms import Form

FIELDS = (
    "id",
    "name",
    "sent",
    "sent_at",
    "zone",
    "links",
    "passthrough",
    "base_url",
    "mode_opens",
    "mode_clicks",
    "carry",
)
LINKS_SHOWN = 200
"""Most links that the page lets correct; the command line and the API correct any."""
_LINK = re.compile(r"links\[(\d+)\](\.url)?")


def values_of(form: Form) -> dict[str, str]:
    """What was entered, as it was entered."""
    return {name: form.get(name) for name in FIELDS}


def values_from(campaign: Campaign | None) -> dict[str, str]:
    """What the form shows first: of a campaign, or for a new one."""
    if campaign is None:
        return dict.fromkeys(FIELDS, "") | {"zone": "UTC"}
    sent_at = campaign.sent_at
    return {
        "id": campaign.id,
        "name": campaign.name,
        "sent": "" if campaign.sent is None else str(campaign.sent),
        "sent_at": "" if sent_at is None else sent_at.replace(tzinfo=None).isoformat(),
        "zone": "UTC",
        "links": "",
        "passthrough": " ".join(campaign.passthrough),
        "base_url": campaign.base_url or "",
        "mode_opens": campaign.mode.opens.word if campaign.mode else "",
        "mode_clicks": campaign.mode.clicks.word if campaign.mode else "",
        "carry": "yes" if campaign.carry else "",
    }


def new_campaign(values: Mapping[str, str]) -> Campaign:
    """The campaign of the form. Raises `InvalidInput` with the name of a field of the form."""
    urls = _lines(values["links"])
    given = {"id": values["id"].strip() or proposed_id(values["name"]), **_facts(values), "links": urls}
    given = {name: value for name, value in given.items() if value is not None}
    with _fields_of_the_form({f"links[{at}]": "links" for at in range(len(urls))}, urls):
        return read_shape(given, NewCampaign).campaign()


def change_of(values: Mapping[str, str], shown: Iterable[Link], entered: Mapping[int, str]) -> CampaignChange:
    """The change of the form; `entered` are the destinations in it by number. Raises `InvalidInput`."""
    urls = _lines(values["links"])
    corrected = [link.number for link in shown if entered.get(link.number, link.url).strip() != link.url]
    links: list[dict[str, Any]] = [{"number": number, "url": entered[number].strip()} for number in corrected]
    links += [{"url": url} for url in urls]
    places = {f"links[{at}]": f"link-{number}" for at, number in enumerate(corrected)}
    places |= {f"links[{at + len(corrected)}]": "links" for at in range(len(urls))}
    facts = _facts(values)
    with _fields_of_the_form(places, urls, len(corrected)):
        return read_shape({**facts, "links": links}, CampaignChange)


class _fields_of_the_form:
    """Errors inside of the block name the field of the form, and the line where a field has several."""

    def __init__(self, places: Mapping[str, str], lines: list[str], before: int = 0) -> None:
        self._places, self._lines, self._before = places, lines, before

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, kind: object, error: BaseException | None, *rest: object) -> None:
        """Raise the error with the field of the form."""
        if not isinstance(error, InvalidInput):
            return
        place = re.match(r"links\[\d+\]", error.field)
        if place and self._places.get(place[0]) == "links":
            line = int(place[0][6:-1]) - self._before + 1
            raise InvalidInput("links", f"line {line}: {error.problem}") from None
        field = self._places.get(place[0], "links") if place else error.field.partition("[")[0]
        raise InvalidInput(field, error.problem) from None


def proposed_id(name: str) -> str:
    """An id made of a name: lower case, with `-` for everything that an id cannot hold; may be empty."""
    return re.sub(r"[^a-z0-9._]+", "-", name.strip().lower()).strip("-._")[:64].rstrip("-._")


def version_of(campaign: Campaign, numbers: Iterable[int]) -> str:
    """What the form changes of a campaign, as a digest: it differs when somebody else changed it meanwhile.

    Only the links with these numbers count, so that links which mail registers meanwhile are no conflict.
    """
    wanted = frozenset(numbers)
    row = campaign_row(campaign, FULL).to_json()
    row["links"] = [(link.number, link.url) for link in campaign.links if link.number in wanted]
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:32]


def _facts(values: Mapping[str, str]) -> dict[str, Any]:
    """The fields besides links as the API takes them; None for an empty one."""
    sent = values["sent"].strip().replace(",", "").replace(" ", "")
    is_number = sent.isascii() and sent.isdecimal() and len(sent) < 15
    if sent and not is_number:
        raise InvalidInput("sent", "must be a whole number, such as 25000")
    return {
        "name": values["name"],
        "sent": int(sent) if sent else None,
        "sent_at": _sent_at(values["sent_at"].strip(), values["zone"].strip()),
        "base_url": values["base_url"].strip() or None,
        "carry": values["carry"] == "yes",
        "mode": _mode(values["mode_opens"].strip(), values["mode_clicks"].strip()),
        "passthrough": re.split(r"[\s,]+", values["passthrough"].strip())
        if values["passthrough"].strip()
        else [],
    }


def _sent_at(text: str, zone: str) -> str | None:
    """A local time of the form as ISO 8601 with its offset."""
    if not text:
        return None
    at = time_zone(zone or "UTC", "zone")
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("sent_at", "must be a date and time like 2026-11-25T09:00") from None
    return (local if local.tzinfo else local.replace(tzinfo=at)).isoformat()


def _mode(opens: str, clicks: str) -> str | None:
    """The modes of the form as the API takes them. One that is left to the service is limited by nothing else."""
    if not opens and not clicks:
        return None
    most = FULL.opens.word
    return f"opens={opens or most},clicks={clicks or most}"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
