"""What a program that sends mail calls: one template or message in, the same out, tracked for one recipient.

rewriter = rewriter_of(registry, load_keyring(path), "spring-2026", RewriteOptions("https://t.example"))
sent = rewriter.html(html, "r-1001")
send(sent.output)                        # as it came, should anything have failed
if sent.error: log(sent.error)
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, AnyStr, Generic, NamedTuple

from mailpixel.errors import InvalidInput, MailpixelError, safe_message
from mailpixel.links.html import prepare
from mailpixel.links.mime import MessagePlan, prepare_message
from mailpixel.links.minter import Minter
from mailpixel.links.parts.skipped import SkippedPart
from mailpixel.links.splicing.draft import Note, Skip
from mailpixel.links.splicing.link_policy import CHOICE
from mailpixel.links.splicing.options import PixelPlace, RewriteOptions, Shown
from mailpixel.links.splicing.plan import Plan
from mailpixel.links.splicing.template import encode_for
from mailpixel.links.urls import merge_click_url, pixel_url
from mailpixel.model import Link
from mailpixel.modes import AS_BEFORE, Mode, Treatment
from mailpixel.rewriting.notes import Heed
from mailpixel.rewriting.seen import Meet
from mailpixel.store.campaigns import LinkPlace

MERGE_TAG_CHARS = 200
"""The longest merge tag."""

PLANS_KEPT = 8
"""HTML texts whose plans a rewriter keeps: a template for many recipients is read once."""

Treat = Callable[[str], Treatment]
"""What is recorded of a recipient."""
Register = Callable[[Sequence[LinkPlace]], Sequence[int]]
"""Places of links to their numbers; new ones are registered. See `LinkRegister.register_places`."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a rewriter asks and tells.

    `treat` says what is recorded of a recipient, `count` takes that of each mail, and `heed` the notes of each rewrite
    that has some.
    """

    treat: Treat = lambda recipient: AS_BEFORE
    count: Callable[[Treatment], object] = lambda treatment: None
    heed: Heed | None = None


@dataclass(frozen=True, slots=True)
class Rewritten(Generic[AnyStr]):
    """What a rewrite gave: the `output` to send, of the type that came in.

    `links` are the links of the campaign that are tracked, in order of number, in a template with their labels;
    `carried` the destinations that are tracked and stand in the URLs themselves, as no other recipient's mail had
    them yet; `skipped` the places that stay as they are, each with its reason; `skipped_parts` the parts of a message
    that do, each with its cause;
    `has_pixel` whether a pixel was written; `notes` what to know of links that are tracked all the same, and of the
    pixel. `report` are numbers for people: `tracked` places, places skipped by reason, parts by cause. `error` is
    None, or says why the output is the input, untracked; `choice_url` is the page where this recipient decides about
    measurement, `treatment` what is recorded of the recipient and why; `failure` is the error to raise, for a caller
    that wants to.
    """

    output: AnyStr
    links: tuple[Link, ...] = ()
    skipped: tuple[Skip, ...] = ()
    has_pixel: bool = False
    report: Mapping[str, int] = field(default_factory=dict)
    skipped_parts: tuple[SkippedPart, ...] = ()
    notes: tuple[Note, ...] = ()
    carried: tuple[str, ...] = ()
    error: str | None = None
    choice_url: str = field(default="", compare=False)
    treatment: Treatment = field(default=AS_BEFORE, compare=False)
    failure: MailpixelError | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Urls:
    """The URLs that one rewrite writes: of numbered links, of carried destinations, and of the pixel.

    `numbers` gives None for a place whose destination the URL carries.
    """

    numbers: Callable[[Sequence[LinkPlace]], Sequence[int | None]]
    link: Callable[[int], str]
    pixel: str
    carrying: Callable[[str], str] | None = None
    choice: str = ""
    treatment: Treatment = AS_BEFORE
    merge_tag: str = ""
    """The merge field in them, which must come out as it is."""

    def of(self, url: str, number: int | None) -> str:
        """The tracked URL of a place."""
        if url == CHOICE:
            return self.choice
        if number is not None:
            return self.link(number)
        if self.carrying is None:
            raise MailpixelError("the rewrite failed: a link got no number")
        return self.carrying(url)


class Rewriter:
    """Rewrites for one campaign. Any thread may call it, for as long as its `register` allows that.

        Rewriter(minter, register, options)
        .html(html: str | bytes, recipient: str) -> Rewritten       HTML for one recipient
        .message(raw: bytes, recipient: str) -> Rewritten           RFC 5322 message for one recipient
        .template(html: str | bytes, merge_tag: str) -> Rewritten   HTML once for all; an ESP fills the merge tag

    No method raises: where something fails, `output` is the input and `error` says why, because a tracker must never
    stop a mailing. A destination keeps its number from one call to the next; new ones are registered before the
    output is given, so that a link never goes out that leads nowhere. With `meet`, what one recipient's mail alone has
    is not registered: the tracked URL carries it. A mail has no more of pixel and tracked links than what is recorded
    of its recipient, as `around` says. Options'
    `base_url` and `known` are not read: the minter and the register say these.
    """

    def __init__(
        self,
        minter: Minter,
        register: Register,
        options: RewriteOptions,
        meet: Meet | None = None,
        around: Around = Around(),
    ) -> None:
        self.minter = minter
        self._register = register
        self._meet = meet
        self._around = around
        self._options = replace(options, base_url=minter.base_url, known={})
        self._prepared = lru_cache(PLANS_KEPT)(self._plan)

    def with_style(
        self, pixel: PixelPlace | None = None, shown: Shown | None = None, by_place: bool | None = None
    ) -> "Rewriter":
        """The same rewriter with another pixel place, or another treatment of links.

        `shown` is for links that show another domain, `by_place` numbers the places of a destination apart. None keeps
        the present value.
        """
        mine = self._options
        by_place = mine.by_place if by_place is None else by_place
        options = replace(mine, pixel=pixel or mine.pixel, shown=shown or mine.shown, by_place=by_place)
        if options == mine:
            return self
        return Rewriter(self.minter, self._register, options, self._meet, self._around)

    def heeding(self, heed: Heed) -> "Rewriter":
        """The same rewriter, which passes on the notes of each rewrite that has some."""
        around = replace(self._around, heed=heed)
        return Rewriter(self.minter, self._register, self._options, self._meet, around)

    def html(self, html: AnyStr, recipient: str) -> Rewritten[AnyStr]:
        """Track HTML for one recipient: a link token for each link, an open token for the pixel.

        An href `mailpixel:choice` becomes the page where the recipient decides about measurement.
        """

        def made() -> tuple[Read, _Urls]:
            urls = self._personal(recipient)
            return self._prepared(html, links=urls.treatment.has_links), urls

        return self._tracked(html, made)

    def message(self, raw: bytes, recipient: str) -> Rewritten[bytes]:
        """Track the HTML parts of a message (with `text` its plain ones, too) for one recipient, in its raw bytes.

        A message that is signed, encrypted or of doubtful form comes out as it is, with the cause in `skipped_parts`:
        that is no error.
        """

        def made() -> tuple[Read, _Urls]:
            urls = self._personal(recipient)
            options = replace(self._options, links=urls.treatment.has_links, choice=True)
            return read_of(prepare_message(raw, options)), urls

        return self._tracked(raw, made)

    def template(self, html: AnyStr, merge_tag: str) -> Rewritten[AnyStr]:
        """Track an ESP's template: `{base}/o/{merge_tag}.gif` and `{base}/c/{merge_tag}/{n}`.

        The ESP puts each recipient's merge-field token (`mailpixel links ID --merge`) in the place of the tag, such as
        `*|MP|*` or `{{ mp }}`. A tag that would not survive where it must stand is an error: one with white space in
        an href without quotes, or with the quote of the href. Whatever is written like the tag is a field of the ESP's:
        a link that holds one is left alone.
        """
        return self._tracked(html, lambda: (self._prepared(html, merge_tag), self._merged(merge_tag)))

    def token(self, recipient: str) -> str:
        """The merge-field token of one recipient, by what is recorded of the recipient. Raises `InvalidInput`."""
        treatment = self._around.treat(recipient)
        token = self.minter.token(recipient, treatment.modes)
        self._around.count(treatment)
        return token

    def _plan(self, html: AnyStr, merge_tag: str = "", links: bool = True) -> "Read":
        options = replace(self._options, merge_tag=merge_tag, links=links, choice=not merge_tag)
        return read_of(prepare(html, options))

    def _personal(self, recipient: str) -> _Urls:
        mint, meet, treatment = self.minter, self._meet, self._around.treat(recipient)
        modes = treatment.modes
        numbers = self._register if meet is None else lambda places: self._met(meet, places, recipient)
        return _Urls(
            numbers,
            link=partial(mint.link, recipient, modes=modes),
            pixel=mint.pixel(recipient, modes),
            carrying=partial(mint.link_to, recipient, modes=modes),
            choice=mint.choice(recipient),
            treatment=treatment,
        )

    def _met(self, meet: Meet, places: Sequence[LinkPlace], recipient: str) -> Sequence[int | None]:
        """The numbers of places in one recipient's mail. Only a destination that is a link has further places."""
        known = meet(list(dict.fromkeys(place.url for place in places)), recipient)
        if all(place.nth == 1 for place in places):
            return [known.get(place.url) for place in places]
        linked = [place for place in places if place.url in known]
        numbers = dict(zip(linked, self._register(linked), strict=True))
        return [numbers.get(place) for place in places]

    def _merged(self, tag: str) -> _Urls:
        base = self.minter.base_url
        check_merge_tag(tag)
        link = partial(merge_click_url, base, tag)
        return _Urls(self._register, link, pixel_url(base, tag), merge_tag=tag)

    def _tracked(self, content: AnyStr, made: Callable[[], tuple["Read", _Urls]]) -> Rewritten[AnyStr]:
        try:
            read, urls = made()
            rewritten = self._rendered(content, *read, urls)
            if not urls.merge_tag:
                self._around.count(urls.treatment)
            return rewritten
        except Exception as error:
            failure = _ours(error)
            return Rewritten(content, error=str(failure), failure=failure)

    def _rendered(
        self, content: AnyStr, plan: Plan[Any] | MessagePlan, places: Sequence[LinkPlace], urls: _Urls
    ) -> Rewritten[AnyStr]:
        if plan.failure is not None:
            raise plan.failure
        if plan.error is not None:
            raise MailpixelError(f"the rewrite failed: {plan.error}")
        if isinstance(plan, Plan) and not _survives(urls.merge_tag, plan):
            raise InvalidInput("merge_tag", _BROKEN)
        numbered = _numbered(places, urls)
        output: Any = content
        if plan.links or plan.has_pixel:
            output = plan.render(
                [urls.of(place.url, number) for place, number in numbered], urls.pixel or None
            )
        found = (
            Link(number, place.url, label=place.label) for place, number in numbered if number is not None
        )
        links = tuple(sorted(found, key=lambda link: link.number))
        skipped_parts = plan.skipped_parts if isinstance(plan, MessagePlan) else ()
        if plan.notes and self._around.heed is not None:
            self._around.heed(plan.notes)
        return Rewritten(
            output,
            links,
            plan.skipped,
            plan.has_pixel and bool(urls.pixel),
            _report(plan),
            skipped_parts,
            plan.notes,
            _carried(numbered, urls.treatment),
            choice_url=urls.choice,
            treatment=urls.treatment,
        )


def _report(plan: Plan[Any] | MessagePlan) -> Mapping[str, int]:
    """The plan's report without the places of the choice page, which are not tracked."""
    if CHOICE not in plan.links:
        return plan.report
    templates = [plan.template] if isinstance(plan, Plan) else [part.template for part in plan.templates]
    found = {place for place, url in enumerate(plan.links) if url == CHOICE}
    others = sum(slot.place in found for template in templates for slot in template.slots)
    return {**plan.report, "tracked": plan.report["tracked"] - others}


_Numbered = list[tuple[LinkPlace, int | None]]


def _numbered(places: Sequence[LinkPlace], urls: _Urls) -> _Numbered:
    """The places with their link numbers; None for one that has none."""
    links = [place for place in places if place.url != CHOICE]
    found = iter(list(zip(links, urls.numbers(links) if links else (), strict=True)))
    return [(place, None) if place.url == CHOICE else next(found) for place in places]


def _carried(numbered: _Numbered, treatment: Treatment) -> tuple[str, ...]:
    """The destinations that tracked URLs carry. Where nobody is named, none do."""
    if treatment.modes is not None and treatment.modes.clicks < Mode.INDIVIDUAL:
        return ()
    found = (place.url for place, number in numbered if number is None and place.url != CHOICE)
    return tuple(dict.fromkeys(found))


class Read(NamedTuple):
    """A text or message read once: its plan, and the places of the plan's links in order."""

    plan: Plan[Any] | MessagePlan
    places: Sequence[LinkPlace]


def read_of(plan: Plan[Any] | MessagePlan) -> Read:
    """The plan with its places. Each is the first place of its destination, except with `by_place`."""
    labels = plan.labels if isinstance(plan, Plan) else {}
    seen: Counter[str] = Counter()
    places = []
    for index, url in enumerate(plan.links):
        seen[url] += 1
        places.append(LinkPlace(url, seen[url], labels.get(index, "")))
    return Read(plan, places)


def _ours(error: Exception) -> MailpixelError:
    return (
        error
        if isinstance(error, MailpixelError)
        else MailpixelError(f"the rewrite failed: {safe_message(error)}")
    )


def _survives(tag: str, plan: Plan[AnyStr]) -> bool:
    """Whether the tag is written as it is in every place."""
    return all(encode_for(slot.quote, tag) == tag for slot in plan.template.slots)


_BROKEN = (
    "has a character that cannot stay as it is in this template (`&`, the quote around an href, or white space in an "
    "href without quotes); choose another tag, or put the other quotes around the hrefs"
)


def check_merge_tag(tag: str, field: str = "merge_tag") -> str:
    """The tag as given: 1 to 200 printable characters. Raises `InvalidInput`."""
    if 1 <= len(tag) <= MERGE_TAG_CHARS and tag.isprintable() and tag.strip() == tag:
        return tag
    raise InvalidInput(
        field,
        f"must be the ESP's merge field as its templates write it, at most {MERGE_TAG_CHARS} characters",
    )
