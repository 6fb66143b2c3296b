"""The page with the record of processing, made for paper, too."""

from dataclasses import replace
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from mailpixel.errors import InvalidInput
from mailpixel.reading.shapes import Shape
from mailpixel.recorded import recorded
from mailpixel.report.record import LANGUAGES, record_of
from mailpixel.server.web.page import PageCall

NAMES = {"en": "English", "de": "Deutsch"}


class RecordOptions(Shape, frozen=True):
    """The language of the record."""

    lang: Annotated[str, Meta(max_length=10)] = "en"


def show_record(call: PageCall) -> Response:
    """The record of processing as of now. An unknown language is English."""
    services = call.services
    language = call.query.lang if call.query.lang in LANGUAGES else LANGUAGES[0]
    problem = ""
    try:
        facts = recorded(services.settings, services.settled(), services.registry, services.clock())
    except InvalidInput as error:
        problem = str(error)
        settings = replace(services.settings, purposes=None)
        facts = recorded(settings, services.settled(), services.registry, services.clock())
    return call.page(
        "record.html",
        title="Settings",
        record=record_of(facts, language),
        languages=NAMES,
        problem=problem,
    )
