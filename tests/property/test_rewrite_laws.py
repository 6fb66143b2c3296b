"""What holds for every text, bytes and message whatever: nothing raises, nothing else changes, twice is once."""

from operator import itemgetter

from hypothesis import example, given
from hypothesis import strategies as st

from mailpixel.links.fields import Fields
from mailpixel.links.html import prepare
from mailpixel.links.mime import prepare_message
from mailpixel.links.parts.transfer import quoted_decoded, quoted_encoded
from mailpixel.links.splicing.draft import Destinations
from mailpixel.links.splicing.html_text import walk
from mailpixel.links.splicing.link_policy import URL_RULES, destination_of, why_not
from mailpixel.links.splicing.options import RewriteOptions
from tests.support.rewriting import BASE_URL, PIXEL, PIXEL_URL, prepare_text, tracked_urls, undone

OPTIONS = RewriteOptions(BASE_URL, mso=True)

PIECES = [
    '<a href="https://shop.test/a?x=1&amp;y=2">', "<a href='https://shop.test/b'>", "<a href=https://shop.test/c>",
    "</a>", "<p>", "</p>", "<table>", "<tr>", "<td>", "</table>", "<svg>", "</svg>", "<math>", "<template>",
    "<select>", "<!--", "-->", "<!--[if mso]>", "<![endif]-->", "<script>", "</script>", "<title>", "</title>",
    "<textarea>", "<style>", "<body>", "</body>", "</html>", "<html>", "<head>", "<noscript>", "<frameset>",
    "<plaintext>", "<![CDATA[", "]]>", '"', "'", "<", ">", "=", "\r\n", "\r", "\n", "\ufeff", "\x00", "{{ x }}",
    '<area href="https://shop.test/d\r\n">', "<v:rect href='https://shop.test/v'>", "<button>", "<form>", "é",
    f'<a href="{BASE_URL}/c/x">', "<b>", "</b>", '<a HREF = "HTTPS://shop.test/e" href=z>', "\u0130", "&amp", "/", "😀",
]  # fmt: skip
markup = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=14).map("".join)


@given(markup)
def test_a_rewrite_undone_is_the_text(text: str) -> None:
    plan = prepare(text, OPTIONS)
    assert plan.error is None
    urls = tracked_urls(len(plan.links))
    assert undone(text, plan.render(urls, PIXEL_URL), urls, plan.links) == text
    assert plan.render(urls).count(PIXEL) == 0


@given(markup)
def test_rewriting_a_rewritten_text_changes_nothing(text: str) -> None:
    plan = prepare(text, OPTIONS)
    once = plan.render(tracked_urls(len(plan.links)), PIXEL_URL)
    again = prepare(once, OPTIONS)
    assert again.links == ()
    assert not plan.has_pixel or not again.has_pixel
    assert again.render([], PIXEL_URL) == once or not plan.has_pixel


@given(
    st.binary(max_size=200),
    st.sampled_from([None, "utf-8", "shift_jis", "utf-16", "iso-2022-jp", "utf-7", "hz", "idna", "no"]),
)
def test_bytes_never_raise_and_come_back_without_urls(raw: bytes, charset: str | None) -> None:
    plan = prepare(raw, RewriteOptions(BASE_URL, charset=charset))
    assert plan.error is None
    assert plan.links != () or plan.render([]) == raw


@given(
    markup,
    st.sampled_from(["utf-8", "utf-16", "utf-16-be", "latin-1", "shift_jis", "iso-2022-jp", "gb18030"]),
)
def test_bytes_change_where_their_text_does(text: str, charset: str) -> None:
    raw = ("<p>" + text).encode(charset, "replace")
    plan = prepare(raw, RewriteOptions(BASE_URL, charset=charset, mso=True))
    urls = tracked_urls(len(plan.links))
    wide = charset if raw.decode(charset, "replace").encode(charset, "replace") == raw else "latin-1"
    source, rewritten = raw.decode(wide, "ignore"), plan.render(urls, PIXEL_URL).decode(wide, "ignore")
    if raw[:2] not in (b"\xff\xfe", b"\xfe\xff") and raw[:3] != b"\xef\xbb\xbf":
        assert undone(source, rewritten, urls, plan.links) == source


@given(markup)
def test_lone_surrogates_change_nothing_else(text: str) -> None:
    broken = text.replace("e", "\ud800")
    plan = prepare(broken, OPTIONS)
    urls = tracked_urls(len(plan.links))
    assert undone(broken, plan.render(urls, PIXEL_URL), urls, plan.links) == broken


@given(st.text(alphabet="ab\r\n", max_size=30), st.integers(0, 30))
def test_a_place_of_the_parser_is_found_where_pairs_count_once(text: str, letters: int) -> None:
    normal = text.replace("\r\n", "\n")
    letters = min(letters, len(normal))
    assert len(text[: walk(text, 0, letters)].replace("\r\n", "\n")) == letters
    assert text[walk(text, 0, letters) :].replace("\r\n", "\n") == normal[letters:]


@given(st.text(max_size=60))
def test_plain_text_keeps_everything_but_its_links(text: str) -> None:
    text = f"see https://shop.test/a?b=1 {text} (https://shop.test/c)"
    plan = prepare_text(text, OPTIONS)
    urls = [f"<{number}>" for number in plan.numbers]
    rewritten = plan.render(urls)
    for url, destination in zip(urls, plan.links, strict=True):
        assert destination == destination_of(destination)
        rewritten = rewritten.replace(url, destination, 1) if text.count(destination) == 1 else rewritten
    assert rewritten == text or any(text.count(link) != 1 for link in plan.links)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_that_comes_back(raw: bytes) -> None:
    plan = prepare_message(raw, OPTIONS)
    assert plan.links != () or plan.render([]) == raw


part = st.tuples(
    st.sampled_from(["text/html", "text/plain", "image/png", "text/calendar"]),
    st.sampled_from(["", "7bit", "8bit", "quoted-printable", "base64", "x-odd"]),
    markup,
)


@given(
    st.lists(part, min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "pre\n"]),
    st.booleans(),
)
def test_a_message_keeps_its_headers_and_other_parts(
    parts: list[tuple[str, str, str]], line_end: str, preamble: str, text: bool
) -> None:
    body = "".join(
        f"--B{line_end}Content-Type: {kind}; charset=utf-8{line_end}"
        + (f"Content-Transfer-Encoding: {cte}{line_end}" if cte else "")
        + f"{line_end}{content}{line_end}"
        for kind, cte, content in parts
    )
    head = f"Subject: x{line_end}Content-Type: multipart/mixed; boundary=B{line_end}{line_end}"
    raw = f"{head}{preamble}{body}--B--{line_end}after".encode("utf-8", "replace")
    plan = prepare_message(raw, RewriteOptions(BASE_URL, text=text))
    assert plan.error is None
    rewritten = plan.render(tracked_urls(len(plan.links)), PIXEL_URL)
    assert rewritten.startswith(head.encode())
    assert rewritten.endswith(f"--B--{line_end}after".encode())
    again = prepare_message(rewritten, RewriteOptions(BASE_URL, text=text))
    assert again.links == ()
    assert plan.render(tracked_urls(len(plan.links))).count(PIXEL_URL.encode()) == 0


@given(st.binary(max_size=200))
def test_quoted_printable_reads_as_it_was_written(content: bytes) -> None:
    content = content.replace(b"\r", b"").replace(b"\n", b"\r\n")
    encoded = quoted_encoded(content, b"\r\n")
    quoted = quoted_decoded(encoded)
    assert quoted is not None
    assert quoted.decoded == content
    assert max(map(len, encoded.split(b"\r\n"))) <= 76


@given(st.text(alphabet="https:/.test%20{}[]|-*#?=&@\\ ab\u0130\x01", max_size=24))
@example("{%00")
@example("{{ url_for(")
def test_the_short_way_to_say_yes_agrees_with_the_rules(rest: str) -> None:
    url = destination_of("https://shop.test/" + rest)
    for judged in (url, rest):
        assert why_not(judged) == next(
            (reason for reason, holds in URL_RULES if holds(judged, Fields())), None
        )


@given(
    st.lists(st.text(max_size=3), max_size=20),
    st.lists(
        st.tuples(st.text(max_size=3), st.integers(1, 60_000)),
        max_size=5,
        unique_by=(itemgetter(0), itemgetter(1)),
    ).map(dict),
)
def test_a_destination_has_one_number_and_known_ones_keep_theirs(
    asked: list[str], known: dict[str, int]
) -> None:
    destinations = Destinations(known)
    places = [destinations.place(destination) for destination in asked]
    links, numbers = destinations.links, destinations.numbers
    assert [links[place] for place in places] == asked
    assert list(links) == list(dict.fromkeys(asked))
    fresh = [number for link, number in zip(links, numbers, strict=True) if link not in known]
    first = max(known.values(), default=0) + 1
    assert fresh == list(range(first, first + len(fresh)))
    assert all(number == known.get(link, number) for link, number in zip(links, numbers, strict=True))
