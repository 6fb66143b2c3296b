"""Hostile text in whatever people and machines can write, on every page of the table of pages: it stays text.

A page or a form that is added is visited, and posted to, without a change here; a new parameter of a path needs a
value in `values`. Nothing runs, nothing is asked of another server, nothing becomes an element, no page is wider than
the window.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec.structs import fields
from playwright.sync_api import Browser, Page, expect

from mailpixel.model import Campaign, Link
from mailpixel.server.web.page import WebPage
from mailpixel.server.web.routes import PAGES
from mailpixel.site_model import Site
from mailpixel.store.webhooks import Letter
from mailpixel.times import moment_of
from tests.browser.views import VIEWS, WIDER, Watch, isolated
from tests.support.builders import BROWSER, SENT_AT_MS, a_campaign, a_click, a_delivery, an_open
from tests.support.receiver import Receiver, a_receiver
from tests.support.service import Service, mailpixel, rows
from tests.support.site_cases import a_purchase, a_step, bought
from tests.support.stores import open_settled
from tests.unit.test_mail_map import HOSTILE as HOSTILE_MAIL

TEXT = "'\"><script>alert(1)</script><img src=//evil.test/x onerror=alert(2)><i id=broke>&lt;</title></textarea></svg>"
SHORT = "'\"><i id=broke></title><script>alert(1)</script>" + "w" * 45
"""Short enough for every query string, else the page that shows the text would not be reached."""
LONG = "w" * 60
HOSTILE = f"{TEXT} {LONG}"
RECIPIENT = "team/a+b=c~/../" + "x" * 100
MAIL = "/campaigns/{id}/mail"
"""The mail as its sender made it, in a sandbox: its elements are its own, and it may be wide."""
HERE = ("MAILPIXEL_WEBHOOK_NETWORKS", "127.0.0.0/8")
WIDTHS = sorted({view.width for view in VIEWS})
EXPECTED = re.compile("Failed to load resource|^warning: The specified value ")
"""What Chromium says of the page of an error, and of a number or a moment that is none."""
ELEMENTS = (
    "document.querySelectorAll('#broke, [onerror], script:not([src]), img, base, object, embed').length"
)
POSTS = "[...document.querySelectorAll('form[method=post]')].map(each => new URL(each.action).pathname)"
ENDS = (
    "/rotate",
    "/archive",
    "/revoke",
    "/remove",
    "/shares",
    "/delete",
    "/tokens/",
    "/sign-out",
    "/sign-in",
)
"""Parts of the addresses of forms that take away what other pages show. They come last, in this order."""


def fill(folder: Path) -> None:
    """Hostile names, destinations, labels, agents, letters, and the mail of the campaign."""
    store, registry = open_settled(folder / "mailpixel.db")
    links = (
        Link(1, f"https://shop.example/{TEXT}{LONG * 5}", False, HOSTILE),
        Link(2, "https://shop.example/2", True),
    )
    registry.add_campaign(
        replace(a_campaign("hostile", name=HOSTILE[:200], sent=4), links=links, passthrough=("a" * 60,))
    )
    registry.add_campaign(a_campaign("hostile-2", name=HOSTILE[:200], sent=4))
    registry.change_campaign("hostile", _corrected, HOSTILE, moment_of(SENT_AT_MS))
    registry.add_site(Site("hostile", "0" * 16, (f"{SHORT.replace(' ', '/')}{LONG * 3}",), keep=("a" * 60,)))
    odd: dict[str, Any] = {"campaign": "hostile", "recipient": RECIPIENT}
    own = f"https://shop.example/?{TEXT}{LONG * 4}"
    store.append(
        [a_delivery(0, **odd), an_open(600, agent=HOSTILE, **odd), a_click(660, agent=BROWSER, **odd)]
    )
    store.append([a_click(700, link=None, destination=own, **odd), an_open(900, campaign="hostile-2")])
    store.append(
        [
            *bought(100, f"{HOSTILE[:60]}{LONG}", "v-1", site="hostile", url=f"https://shop.example/{TEXT}"),
            a_purchase(200, f"server-{LONG}", site="hostile", value=10**17),
            a_step(
                300, visitor="v-2", site="hostile", url=f"https://shop.example/?utm_campaign=hostile&x={TEXT}"
            ),
        ]
    )
    registry.put_letters([Letter("crm", bytes(16), "hostile", RECIPIENT, 3, 4_000_000_000_000, 418, True)])
    store.close()
    registry.close()


def _corrected(campaign: Campaign) -> Campaign:
    first = replace(campaign.links[0], url="https://shop.example/now")
    return replace(campaign, links=(first, *campaign.links[1:]))


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks that answers with markup."""
    with a_receiver(lambda post: (418, {"content-type": "text/html"}, (HOSTILE * 3).encode())) as made:
        yield made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("hostile") / "data"
    rows(data, "campaign", "add", "first", "--name", "First")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(*HERE)
        added = mailpixel(data, "webhook", "add", "crm", f"{receiver.url}?{LONG * 5}", "--insecure")
    assert added.returncode == 0, added.stderr
    rows(data, "inbound", "add", "post", "--esp", "postmark")
    rows(data, "apikey", "add", "reader", "--scope", "read")
    fill(data)
    mail = f"<a href='https://shop.example/now'>{TEXT}</a>" + "".join(HOSTILE_MAIL).replace("\0", "")
    rows(data, "rewrite", "hostile", "--merge-tag", "*|MP|*", "--keep", "-", stdin=mail)
    with Service(data, environment=dict([HERE])) as running:
        read_by_a_hostile_program(running)
        yield running


def read_by_a_hostile_program(service: Service) -> None:
    """A real hit whose headers are hostile."""
    listed = rows(service.data, "links", "hostile", "--recipients", "-", stdin="recipient\nr-1\n")
    pixel = listed.splitlines()[1].split(",")[1]
    service.get(pixel[pixel.index("/", 8) :], headers={"user-agent": HOSTILE, "referer": f"https://{TEXT}"})
    rows(service.data, "report", "hostile")


@pytest.fixture(scope="module")
def state(browser: Browser, service: Service) -> object:
    """The cookies of a person with a hostile name."""
    url = rows(service.data, "sign-in", HOSTILE[:60], "--scope", "write").strip()
    context = browser.new_context()
    page = context.new_page()
    page.goto(service.url + url[url.index("/sign-in/") :])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/campaigns"))
    found = context.storage_state()
    context.close()
    return found


def values(page: Page, service: Service, tmp_path: Path) -> Mapping[str, str]:
    """A value for every parameter in the path of a page. The list of recipients has hostile cells."""
    listed = tmp_path / "list.csv"
    listed.write_text(
        f'recipient,"{TEXT.replace(chr(34), chr(34) * 2)}"\nr-1,x\n"=1+1<b>{LONG}",x\n', "utf-8"
    )
    page.goto("/campaigns/hostile/tokens")
    page.get_by_label("List of recipients").set_input_files(listed)
    page.get_by_role("button", name="Sign the links").click()
    expect(page.get_by_role("heading", name="recipients have links")).to_be_visible()
    shared = rows(service.data, "share", "add", "hostile")
    sign_in = rows(service.data, "sign-in", HOSTILE[:60])
    return {
        "id": "hostile",
        "recipient": RECIPIENT.replace("/", "%2F"),
        "visitor": "v-1",
        "name": "crm",
        "list": page.url.rpartition("/")[2],
        "share": re.findall(r"/s/([\w-]+)", shared)[0],
        "link": sign_in.strip().rpartition("/")[2],
    }


def is_page(row: WebPage) -> bool:
    """Whether a browser shows it; the others are files and streams, whose contents have tests of their own."""
    return row.method == "GET" and not row.path.endswith(("/{file}", "/links", ".csv", "/stream"))


def addresses(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every page as it is, and with hostile text in its whole query string, with its path in the table."""
    for row in PAGES:
        if not is_page(row) and row.path != "/campaigns/{id}/links":
            continue
        path = re.sub(r"\{(\w+)(:path)?\}", lambda name: found[name[1]], row.path)
        yield row.path, path
        names = [each.encode_name for each in fields(row.query)]
        for each in names:  # one at a time: the first that is refused would hide the others
            yield row.path, f"{path}?{urlencode({each: SHORT})}"
        if {"a", "b"} <= set(names):
            yield row.path, f"{path}?a=hostile&b=hostile-2"


def faults(page: Page, watch: Watch, path: str, widths: Sequence[int] = WIDTHS[:1]) -> dict[str, Any]:
    """What is wrong with the page that is open, in these widths."""
    found: dict[str, Any] = {}
    if said := [text for text in watch.said if not EXPECTED.search(text)]:
        found["said"] = said
    if watch.elsewhere:
        found["elsewhere"] = list(watch.elsewhere)
    if path != MAIL:
        if number := isolated(page, ELEMENTS):
            found["elements"] = number
        found |= too_wide(page, widths)
    watch.said.clear()
    watch.elsewhere.clear()
    return found


def too_wide(page: Page, widths: Sequence[int]) -> dict[str, Any]:
    found = {}
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        wide, window = isolated(
            page, f"document.querySelectorAll('details').forEach(each => each.open = true); {WIDER}"
        )
        if wide > window:
            found[f"wider than {width}"] = wide - window
    return found


def test_no_page_runs_or_is_broken_by_what_others_wrote(
    signed_in: Page, service: Service, watch: Watch, tmp_path: Path
) -> None:
    """Every page, then every form of every page with hostile text in all of its fields."""
    found = values(signed_in, service, tmp_path)
    wrong: dict[str, Any] = {}
    forms = {"/sign-in": "/"}  # whoever is signed in does not see it
    for path, address in addresses(found):
        signed_in.goto(address)
        if fault := faults(signed_in, watch, path, WIDTHS[:1] if "?" in address else WIDTHS):
            wrong[address[:120]] = fault
        if path != MAIL:
            forms |= dict.fromkeys(isolated(signed_in, POSTS), address)
    assert wrong == {}
    for action in sorted(forms, key=ending):
        signed_in.goto(forms[action])
        post(signed_in, action)
        if fault := faults(signed_in, watch, action):
            wrong[action] = fault
    assert wrong == {}
    posted = {row.path for row in PAGES if row.method == "POST" and row.scope != "privacy"}
    missed = {path for path in posted if not any(re.fullmatch(pattern(path), action) for action in forms)}
    assert missed == set()


def ending(action: str) -> int:
    """When its turn is."""
    return max((place for place, part in enumerate(ENDS, 1) if part in action), default=0)


def pattern(path: str) -> str:
    return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))


def post(page: Page, action: str) -> None:
    """Send a form with hostile text in every field that takes text."""
    script = f"""
        const form = [...document.querySelectorAll('form[method=post]')]
            .find(each => new URL(each.action).pathname === {action!r});
        for (const field of form.querySelectorAll('textarea, input:not([type=hidden])'))
            if (!['checkbox', 'radio', 'file'].includes(field.type)) {{
                field.type = 'text';
                field.removeAttribute('maxlength');
                field.value = {HOSTILE!r};
            }}
        form.target = '_self';
        form.noValidate = true;
        form.querySelector('button:not([type=button])').click();
        1"""
    with page.expect_navigation():
        isolated(page, f"{{ {script} }}")
