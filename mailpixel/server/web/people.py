"""The page of the privacy officer: find a person, see what is stored, opt them out, erase them."""

from collections import Counter
from collections.abc import Awaitable, Mapping

from starlette.responses import Response

from mailpixel.claims import check_recipient
from mailpixel.errors import InvalidInput
from mailpixel.links.keyring import pseudonym
from mailpixel.privacy.optout import opt_out
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.report.erasures import ErasureRow, erasure_row
from mailpixel.report.person import PersonRow, person_row
from mailpixel.server.api.json_text import answer_json
from mailpixel.server.api.people import erased
from mailpixel.server.errors import NO_STORE
from mailpixel.server.web.page import PageCall

PATH = "/people"
FILE_HEADERS = {
    **NO_STORE,
    "content-disposition": 'attachment; filename="person.json"',
    "x-content-type-options": "nosniff",
}


def ask(call: PageCall) -> Response:
    """The form to find a person."""
    return _page(call)


def find(call: PageCall) -> Response:
    """What is stored about a person. The id is in the form, so that it is in no URL and no log."""
    asked = call.form.get("person").strip()
    try:
        return _page(call, asked, _person(call, asked))
    except InvalidInput as error:
        return _page(call, asked, errors={"person": error.problem})


def download(call: PageCall) -> Response:
    """Everything that is stored about a person, as a file."""
    return answer_json(_person(call, call.form["person"]).to_json(), 200, FILE_HEADERS)


def stop(call: PageCall) -> Response:
    """Stop counting a person."""
    services, asked = call.services, call.form["person"]
    opt_out(services.settled(), services.registry, check_recipient(asked, "person"), call.now)
    return call.redirect(PATH, "This person is no longer counted, also in mail already sent.")


def erase(call: PageCall) -> Awaitable[Response]:
    """Erase a person, and show the proof."""
    return _erase(call, check_recipient(call.form["person"], "person"))


async def _erase(call: PageCall, recipient: str) -> Response:
    outcome = await erased(call.services, [recipient])
    return await call.services.threads.page_writes.run(
        lambda: _page(call, done=(erasure_row(outcome.record), outcome.problem))
    )


def _person(call: PageCall, asked: str) -> PersonRow:
    """What is stored under an id, or under the pseudonym of an address. Raises `InvalidInput`."""
    services = call.services
    is_address = "@" in asked
    recipient = (
        pseudonym(services.live.keyring, asked, "person") if is_address else check_recipient(asked, "person")
    )
    known = KnownCampaigns(services.registry)
    return person_row(services.settled(), services.registry, known, services.rules, recipient)


def _page(
    call: PageCall,
    asked: str = "",
    person: PersonRow | None = None,
    errors: Mapping[str, str] | None = None,
    done: tuple[ErasureRow, str] | None = None,
) -> Response:
    """The page: with a person who was found, or with the proof of an erasure and what holds it up."""
    events = Counter(event.campaign for event in person.events) if person else Counter[str]()
    proof, problem = done or (None, "")
    return call.page(
        "people.html",
        title="People",
        asked=asked,
        person=person,
        events=sorted(events.items()),
        errors=errors or {},
        proof=proof,
        problem=problem,
    )
