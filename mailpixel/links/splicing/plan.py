"""From a text to a plan: read, cut at its slots, made a template. Once; then `Plan.render` for each recipient."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, AnyStr, Generic, Protocol

from msgspec import Struct

from mailpixel.errors import InvalidInput, MailpixelError, safe_message
from mailpixel.links.splicing.charset import Decoded, decode
from mailpixel.links.splicing.draft import Destinations, Draft, Note, Skip, skips_by_reason
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.template import Template, cut, template_of


class Plan(Struct, Generic[AnyStr], frozen=True, gc=False):
    """A text read once: its links, the skipped ones with reasons, and how to write it for one recipient.

    `links` are the destinations (entities decoded, outer white space removed), `numbers` their link numbers.
    `error` is None, or says why the text stays as it is; then there are no links and `render` returns the
    input. `failure` is the same as an error to raise, where it is one of ours. `notes` are what the sender should
    know about tracked links and the pixel.
    `links` has each destination once, or `by_place` once a place; `labels` are the texts of places by their index,
    read only where there is a merge tag, because other mail may be one person's.
    """

    links: tuple[str, ...]
    numbers: tuple[int, ...]
    skipped: tuple[Skip, ...]
    template: Template[AnyStr]
    error: str | None = None
    notes: tuple[Note, ...] = ()
    labels: Mapping[int, str] = {}
    failure: MailpixelError | None = None

    @property
    def has_pixel(self) -> bool:
        """Whether the pixel has a place: not in a frameset, beside one of ours, or where none was wanted."""
        return self.template.pixel is not None

    @property
    def passed(self) -> Mapping[int, tuple[str, ...]]:
        """The names of the query parameters written after the tracked URL, by link number."""
        tails = {self.numbers[slot.place]: slot.tail for slot in self.template.slots if slot.tail}
        return {
            number: tuple(pair.partition("=")[0] for pair in tail[1:].split("&"))
            for number, tail in tails.items()
        }

    def render(self, urls: Sequence[str], pixel_url: str | None = None) -> AnyStr:
        """The text with tracked URLs in place of the links, and the pixel if `pixel_url` is set and it has a place.

        `urls` run parallel to `links`. They are absolute URLs without line breaks, or contain an ESP's merge
        field. They are encoded for the quotes around them (`&` and the quote, nothing else). The result is
        text or bytes like the input. Raises `InvalidInput` unless there is one URL for each link.
        """
        if len(urls) != len(self.links):
            raise not_one_each(urls, self.links)
        return self.template.fill(urls, pixel_url)

    @property
    def report(self) -> dict[str, int]:
        """Counts for people: `tracked` places, and skipped places by reason."""
        return {"tracked": self.template.tracked, **skips_by_reason(self.skipped)}


def not_one_each(urls: Sequence[str], links: Sequence[str]) -> InvalidInput:
    """The error for a number of URLs that differs from the number of links."""
    return InvalidInput("urls", f"holds {len(urls)} for {len(links)} links: give one a link")


class Read(Protocol):
    """Reads one kind of text: `draft_html` or `draft_text`."""

    def __call__(
        self, text: str, options: RewriteOptions, destinations: Destinations, *, certain: bool = True
    ) -> Draft:
        """The slots of a text. `certain` is False when its letters outside ASCII are guesses."""
        ...


def planned(content: AnyStr, options: RewriteOptions, read: Read) -> Plan[AnyStr]:
    """The plan of a text, or of bytes in the charset of `options.charset` or of their own declaration.

    No content makes this raise. Content that cannot be rewritten stays as it is, and `error` says why.
    """
    try:
        if isinstance(content, str):
            return _of_text(content, options, read)
        return _of_bytes(content, options, read)
    except Exception as error:  # a tracker must never stop a mailing
        return Plan((), (), (), Template([content]), safe_message(error), failure=ours(error))


def ours(error: Exception) -> MailpixelError | None:
    """The error, if it is one of ours."""
    return error if isinstance(error, MailpixelError) else None


def _of_text(text: str, options: RewriteOptions, read: Read) -> Plan[Any]:
    destinations = Destinations(options.known, options.by_place)
    draft = read(text, options, destinations)
    return _plan(draft, destinations, template_of(draft, cut(draft, None), None, len(destinations)))


def _of_bytes(raw: bytes, options: RewriteOptions, read: Read) -> Plan[Any]:
    for text, codec, certain in _readings(raw, options.charset):
        destinations = Destinations(options.known, options.by_place)
        draft = read(text, options, destinations, certain=certain)
        cuts = cut(draft, codec)
        if cuts.whole() == raw:
            break
    return _plan(draft, destinations, template_of(draft, cuts, codec, len(destinations)))


def _readings(raw: bytes, declared: str | None) -> Iterator[Decoded]:
    yield decode(raw, declared)
    # Then it was a charset whose letters depend on what stood before the cut, such as ISO-2022-KR.
    yield Decoded(raw.decode("latin-1"), "latin-1", False)


def _plan(draft: Draft, destinations: Destinations, template: Template[Any]) -> Plan[Any]:
    notes = tuple(draft.notes)
    links, numbers, labels = destinations.links, destinations.numbers, destinations.labels
    return Plan(links, numbers, tuple(draft.skipped), template, notes=notes, labels=labels)
