"""Signing the links of a list that is uploaded."""

import os
from collections.abc import Awaitable, Mapping
from urllib.parse import quote

from starlette.responses import FileResponse, Response

from mailpixel.errors import InvalidInput, MissingExtra
from mailpixel.folder.jobs import JobProgress
from mailpixel.links.lists.columns import Wanted
from mailpixel.links.lists.minted_rows import Format, Job
from mailpixel.minting.list_job import ListJob
from mailpixel.minting.results import look, remove_list, remove_old_lists, signed_list
from mailpixel.minting.run import check_head
from mailpixel.model import Campaign
from mailpixel.pages.addresses import api_url, campaign_url
from mailpixel.privacy.signing import Run, Signing, run_of
from mailpixel.server.before_sending import warnings_before
from mailpixel.server.exports import FORMATS
from mailpixel.server.services import Services
from mailpixel.server.web.forms import Upload
from mailpixel.server.web.page import PageCall
from mailpixel.store.campaign_changes import note_signed

NOTHING: Mapping[str, str] = {
    "column": "", "encoding": "", "format": "csv", "merge": "", "hash_recipients": "", "keep_all": "", "headerless": "",
}  # fmt: skip
"""The fields of the form besides the file, as they are shown first."""
PLACES = {"column": "column", "encoding": "encoding", "header": "headerless", "keep": "keep_all"}
"""The field of the form for the field of an error; others are the file's."""


def show(call: PageCall) -> Response:
    """The form for a list."""
    return _page(call, NOTHING, {})


def sign(call: PageCall) -> Awaitable[Response]:
    """Begin to sign the list, and show how far it is. The list is read from disk."""
    return call.services.threads.uploads.run(_sign, call)


def _sign(call: PageCall) -> Response:
    values = {name: call.form.get(name, first) for name, first in NOTHING.items()}
    campaign = call.campaign()
    upload = call.form.files.get("list")
    try:
        if upload is None or not upload.size_bytes:
            raise InvalidInput("list", "choose a file with recipients")
        job = _job(call, campaign, values)
        check_head(upload.file, job)
    except InvalidInput as error:
        return _page(call, values, {PLACES.get(error.field, "list"): error.problem})
    except MissingExtra as error:
        return _page(call, values, {"list": str(error)})
    return call.redirect(campaign_url(campaign.id, f"tokens/{_begun(call.services, upload, job)}"))


def _begun(services: Services, upload: Upload, job: Job) -> str:
    """The id of the list, which is signed from now on. Its file is opened once more, for the form closes its own."""
    data, registry = services.settings.data, services.registry
    remove_old_lists(data, services.clock() / 1000)

    def make() -> ListJob:
        source = os.fdopen(os.dup(upload.file.fileno()), "rb")
        try:
            return ListJob(source, data, job, services.live.keyring)
        except BaseException:
            source.close()
            raise

    run = Run(registry, job.campaign, run_of("list", services.now), adds=False)

    def on_signed(numbers: Mapping[str, int]) -> None:
        note_signed(registry, job.campaign)
        run.note_words(numbers)

    return services.signing.begin(make, on_signed)


def _job(call: PageCall, campaign: Campaign, values: Mapping[str, str]) -> Job:
    if values["format"] not in set(Format):
        raise InvalidInput("format", f"must be one of {', '.join(Format)}")
    wanted = Wanted(
        values["column"].strip() or None,
        keep_all=bool(values["keep_all"]),
        headerless=bool(values["headerless"]),
    )
    live = call.services.live
    return Job(
        campaign=campaign.id,
        base_url=campaign.base_url or call.services.settings.base_url,
        links=tuple(link.number for link in campaign.links),
        destinations=tuple(link.url for link in campaign.links),
        treat=Signing(live.resolver.policy, campaign, live.people.states),
        format=Format(values["format"]),
        merge=bool(values["merge"]),
        hash_recipients=bool(values["hash_recipients"]),
        wanted=wanted,
        encoding=values["encoding"] or None,
        workers=1,  # the other cores answer readers of mail
    )


def show_result(call: PageCall) -> Response:
    """How far the list is; at the end how many rows were signed, which were not, and the file."""
    campaign = call.campaign()
    found = look(call.services.settings.data, campaign.id, call.path["list"])
    is_at_work = isinstance(found, JobProgress)
    return call.page(
        "tokens_job.html" if is_at_work else "tokens_done.html",
        title="Sign links",
        live=api_url(campaign.id, "stream") if is_at_work else "",
        campaign=campaign,
        made=found,
        base=campaign_url(campaign.id, "tokens"),
    )


def fetch(call: PageCall) -> Response:
    """The signed list."""
    campaign = call.campaign()
    made, path = signed_list(call.services.settings.data, campaign.id, call.path["list"])
    name = f"{campaign.id}-links.{made.format}"
    return FileResponse(path, media_type=FORMATS[made.format].partition(";")[0], filename=name)


def remove(call: PageCall) -> Response:
    """Delete the signed list. A button to stop it does not delete one that was finished meanwhile."""
    data, campaign, id = call.services.settings.data, call.path["id"], call.path["list"]
    is_at_work = isinstance(look(data, campaign, id), JobProgress)
    if "stop" in call.form and not is_at_work:
        return call.redirect(
            campaign_url(campaign, f"tokens/{quote(id, safe='')}"), "The list was already finished."
        )
    remove_list(data, campaign, id)
    notice = (
        "Signing was stopped, and the signed part is deleted."
        if is_at_work
        else "The signed list is deleted."
    )
    return call.redirect(campaign_url(campaign, "tokens"), notice)


def _page(call: PageCall, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    campaign = call.campaign()
    return call.page(
        "tokens.html",
        title="Sign links",
        campaign=campaign,
        base=campaign_url(campaign.id, "tokens"),
        warnings=warnings_before(call.services, campaign),
        values=values,
        errors=errors,
        most_mb=call.services.settings.upload_bytes // 1_000_000,
    )
