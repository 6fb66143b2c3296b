"""Paste or upload a template, see it rewritten with what was left alone, and download it."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import AnyStr, cast

from starlette.responses import Response

from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.model import Campaign
from mailpixel.pages.addresses import campaign_url
from mailpixel.pages.mails import left_rows
from mailpixel.rewriting import Rewritten, rewriter_of
from mailpixel.rewriting.file_kind import is_message
from mailpixel.rewriting.keeping import Offered, html_of, keep_mail
from mailpixel.rewriting.merge_tags import MERGE_TAGS
from mailpixel.rewriting.notes import spoken
from mailpixel.rewriting.rewriter import Rewriter, check_merge_tag
from mailpixel.server.web.page import PageCall
from mailpixel.store.mails import MAIL_BYTES, LeftAlone

_AT_FIRST = {"source": "", "merge_tag": MERGE_TAGS[0].tag, "by_place": "", "keep": "yes"}


def ask(call: PageCall) -> Response:
    """The form."""
    return _page(call, call.campaign(), _AT_FIRST)


def rewrite(call: PageCall) -> Response:
    """The template rewritten, or the form again with what is wrong beside its field."""
    campaign = call.campaign()
    values = {name: call.form.get(name) for name in _AT_FIRST}
    try:
        return _rewritten(call, campaign, values)
    except MailpixelError as error:
        field = error.field if isinstance(error, InvalidInput) and error.field in values else "mail"
        problem = error.problem if isinstance(error, InvalidInput) else str(error)
        lost = "; choose the file again" if "file" in call.form.files else ""
        return _page(call, campaign, values, errors={field: f"{problem}{lost}"})


def _rewritten(call: PageCall, campaign: Campaign, values: Mapping[str, str]) -> Response:
    name, content = _source(call)
    tag = check_merge_tag(values["merge_tag"])
    charset = "utf-8" if not name else None
    offered = Offered(content, is_message(name, content), call.name, call.now, charset)
    by_place = bool(values["by_place"])
    options = RewriteOptions(call.services.settings.base_url, by_place=by_place)
    rewriter = rewriter_of(
        call.services.registry,
        call.services.live.keyring,
        campaign.id,
        options,
        policy=call.services.live.resolver.policy,
    )
    result = _tracked(rewriter, offered, tag)
    if values["keep"]:
        options = RewriteOptions(call.services.settings.base_url, merge_tag=tag, by_place=by_place)
        keep_mail(call.services.registry, campaign.id, offered, options)
    return _page(call, campaign, values, result=result)


def _tracked(rewriter: Rewriter, offered: Offered, tag: str) -> Rewritten[bytes]:
    """The template rewritten in the charset it was declared in. Raises what made the rewrite fail."""
    html, decoded = html_of(offered)
    if not decoded.certain:
        return _succeeded(rewriter.template(html, tag))
    try:
        tag.encode(decoded.codec)
    except UnicodeEncodeError:
        raise InvalidInput(
            "merge_tag",
            f"has a letter that the encoding of the template, {decoded.codec}, lacks; choose another tag",
        ) from None
    result = _succeeded(rewriter.template(decoded.text, tag))
    return cast("Rewritten[bytes]", replace(result, output=result.output.encode(decoded.codec)))  # type: ignore[arg-type]


def _succeeded(result: Rewritten[AnyStr]) -> Rewritten[AnyStr]:
    if result.failure is not None:
        raise result.failure
    return result


def _source(call: PageCall) -> tuple[str, bytes]:
    """The name and content of the uploaded file, else the pasted text. Raises `InvalidInput`."""
    upload = call.form.files.get("file")
    if upload is None or not upload.size_bytes:
        text = call.form.get("source")
        if not text.strip():
            raise InvalidInput("mail", "is missing; paste the HTML or choose a file")
        return "", text.encode()
    if upload.size_bytes > MAIL_BYTES:
        raise InvalidInput("mail", f"has {upload.size_bytes:,} bytes; shorten it to {MAIL_BYTES:,}")
    return upload.filename, upload.file.read()


def _page(
    call: PageCall,
    campaign: Campaign,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    result: Rewritten[bytes] | None = None,
) -> Response:
    left = [LeftAlone(skip.href, str(skip.reason)) for skip in result.skipped] if result else []
    return call.page(
        "template.html",
        title="Template",
        campaign=campaign,
        values=values,
        errors=errors or {},
        presets=MERGE_TAGS,
        result=result,
        left=left_rows(left),
        notes=[about.line for about in spoken(result.notes, {})] if result else [],
        data_url=_download(result.output) if result else "",
        frame_url=campaign_url(campaign.id, "mail"),
        map_url=campaign_url(campaign.id, "map"),
        here=campaign_url(campaign.id, "template"),
        most_bytes=MAIL_BYTES,
    )


def _download(content: bytes) -> str:
    """The bytes as an address of their own: a download that needs no script, and nothing kept at the service."""
    return f"data:application/octet-stream;base64,{b64encode(content).decode()}"
