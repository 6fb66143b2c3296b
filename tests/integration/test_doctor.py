"""`mailpixel doctor` against the real service, and against servers that a bad proxy would make of it."""

import os
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.doctor import (
    Address,
    Check,
    Grade,
    addresses,
    check_erasures,
    check_fold,
    check_key_file,
    check_links,
    check_mails,
    check_public,
    check_webhooks,
)
from mailpixel.doctor.http import PRIVATE, HttpAnswer, NoAnswer, ask
from mailpixel.doctor.links import judge_link
from mailpixel.doctor.public import clock, new_tokens, pixel, reach, redirects, scheme, shared_keys
from mailpixel.folder.key_file import create_keyring
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.model import Campaign, Link
from mailpixel.rewriting.keeping import Offered, keep_mail
from mailpixel.server.reader_pages import NOT_FOUND_PAGE
from mailpixel.server.replies import PIXEL_GIF, PIXEL_HEADERS
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.projections import FOLD
from mailpixel.store.webhooks import Posting, Webhook, WebhookState
from mailpixel.times import DAY_MS, HOUR_MS, to_ms
from tests.support.certificate import self_signed
from tests.support.service import Service, free_port, rows
from tests.support.webhooks import LOCAL

Respond = Callable[[BaseHTTPRequestHandler], None]
SENT = {name.decode(): value.decode() for name, value in PIXEL_HEADERS}
NOW_S = 1_795_600_000.0
GOOD = HttpAnswer(200, SENT | {"date": formatdate(NOW_S, usegmt=True)}, PIXEL_GIF)


@contextmanager
def a_server(respond: Respond, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server that answers every GET and HEAD so."""

    class Responder(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            respond(self)

        do_HEAD = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Responder) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def answering(status: int, **headers: str) -> Respond:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()

    return respond


def doctor(data: Path, base_url: str, *arguments: str) -> tuple[int, dict[str, str], str]:
    """Exit code, grade by check, and all that was printed."""
    environment = {name: "" for name in os.environ if name.lower().endswith("_proxy")}
    environment |= {"MAILPIXEL_BASE_URL": base_url, "MAILPIXEL_WEBHOOK_NETWORKS": LOCAL[0]}
    done = CliRunner().invoke(cli, ["--data", str(data), "doctor", *arguments], env=environment)
    local = ("key file", "store", "fold", "webhooks", "addresses")
    names = (
        *local,
        "https",
        "reachable",
        "pixel",
        "clock",
        "links",
        "shared keys",
        "new tokens",
        "HEAD",
        "link ",
    )
    lines = [line for line in done.output.splitlines() if line.startswith(names)]
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    return done.exit_code, {cell[0]: cell[1] for cell in cells}, done.output


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("doctor") / "data"
    rows(data, "campaign", "add", "spring", "--name", "Spring")
    with Service(data) as running:
        running.wait_for("/readyz")
        yield running


ALL_WELL = {
    "key file": "ok",
    "fold": "ok",
    "webhooks": "ok",
    "addresses": "ok",
    "https": "warn",
    "reachable": "ok",
    "pixel": "ok",
    "clock": "ok",
    "links": "ok",
    "shared keys": "ok",
    "new tokens": "ok",
    "HEAD": "ok",
}


def test_a_running_service_is_well(service: Service) -> None:
    code, grades, said = doctor(service.data, service.url)
    assert (code, grades) == (0, ALL_WELL), said


def test_a_stopped_or_long_failing_webhook_is_told() -> None:
    registry = MemoryRegistry()
    assert check_webhooks(registry, HOUR_MS) == Check(
        "webhooks", Grade.OK, "0 webhook(s), none stopped or failing for an hour"
    )
    for name in ("crm", "dw", "well"):
        registry.add_webhook(Webhook(name, "https://crm.example/", ("opened",), 0))
    registry.change_webhook(
        "crm",
        lambda webhook: replace(webhook, state=WebhookState.STOPPED, stopped_because="it answered 410 Gone"),
    )
    registry.note_posting("dw", Posting(failures=3, failing_since_ms=1_000))
    assert check_webhooks(registry, HOUR_MS).found == "crm is stopped (it answered 410 Gone)"
    found = check_webhooks(registry, 2 * HOUR_MS + 1_000)
    assert (found.grade, found.found) == (
        Grade.WARN,
        "crm is stopped (it answered 410 Gone); dw has failed for 2 h",
    )
    assert "mailpixel webhook test crm" in found.remedy


def test_links_are_asked_only_on_request(service: Service) -> None:
    asked: list[str] = []

    def respond(request: BaseHTTPRequestHandler) -> None:
        asked.append(f"{request.command} {request.path}")
        answering({"/gone": 404, "/broken": 500, "/guarded": 403}.get(request.path, 200))(request)

    with a_server(respond) as shop:
        urls = [f"{shop}/{name}" for name in ("good", "gone", "broken", "guarded")]
        added = [word for url in urls for word in ("--link", url)]
        rows(service.data, "campaign", "add", "shop", "--name", "Shop", *added)
        assert doctor(service.data, service.url)[1] == ALL_WELL
        assert asked == []
        code, grades, said = doctor(service.data, service.url, "--links", "shop")
    links = {"link 1": "ok", "link 2": "fail", "link 3": "fail", "link 4": "warn"}
    assert (code, grades) == (1, ALL_WELL | links), said
    assert "mailpixel campaign edit shop --correct 2 URL" in said
    assert sorted(asked) == [
        "GET /broken",
        "GET /gone",
        "GET /guarded",
        "HEAD /broken",
        "HEAD /gone",
        "HEAD /good",
        "HEAD /guarded",
    ]


def test_a_checkup_with_no_service_fails_and_makes_no_keys(tmp_path: Path) -> None:
    code, grades, said = doctor(tmp_path / "data", f"http://127.0.0.1:{free_port()}")
    assert (code, grades) == (
        1,
        {"key file": "warn", "store": "fail", "https": "warn", "reachable": "fail"},
    )
    assert "the connection was refused" in said
    assert "no data here" in said
    assert not (tmp_path / "data").exists()


def test_a_service_with_other_keys_is_found_out(service: Service, tmp_path: Path) -> None:
    rows(tmp_path / "data", "campaign", "add", "c1", "--name", "One")
    code, grades, _ = doctor(tmp_path / "data", service.url)
    assert (code, grades["pixel"], grades["shared keys"]) == (1, "ok", "fail")


def test_a_key_file_that_others_can_read_fails(service: Service, tmp_path: Path) -> None:
    rows(tmp_path / "data", "campaign", "add", "c1", "--name", "One")
    keys = tmp_path / "data" / "keys.json"
    keys.chmod(0o644)
    code, grades, said = doctor(tmp_path / "data", service.url)
    assert (code, grades["key file"], "shared keys" in grades) == (1, "fail", False)
    assert f"chmod 600 {keys}" in said


def test_another_server_at_the_address_is_found_out(service: Service) -> None:
    with a_server(answering(200, **{"Content-Type": "text/html", "ETag": '"x"'})) as url:
        code, grades, said = doctor(service.data, url)
    assert (code, grades["reachable"], grades["pixel"], grades["links"]) == (1, "ok", "fail", "fail")
    assert "etag was added" in said


def test_a_store_that_cannot_be_read_fails_and_the_rest_is_checked(service: Service, tmp_path: Path) -> None:
    (tmp_path / "mailpixel.db").write_bytes(b"no database " * 1000)
    code, grades, said = doctor(tmp_path, service.url)
    assert (code, "fold" in grades, grades["pixel"]) == (1, False, "ok")
    assert "check the data folder" in said


def test_an_unknown_campaign_is_not_found(service: Service) -> None:
    code, _, said = doctor(service.data, service.url, "--links", "autumn")
    assert (code, "there is no campaign 'autumn'" in said) == (1, True)


def test_an_invalid_base_url_fails() -> None:
    (check,) = check_public(Address("ftp://t.example"), None)
    assert (check.name, check.grade) == ("base URL", Grade.FAIL)


@pytest.mark.parametrize(
    ("url", "grade"),
    [
        ("https://t.example", Grade.OK),
        ("http://127.0.0.1:8025", Grade.WARN),
        ("http://localhost", Grade.WARN),
        ("http://[::1]:8025", Grade.WARN),
        ("http://t.example", Grade.FAIL),
        ("http://localhost.t.example", Grade.FAIL),
    ],
)
def test_only_https_is_fit_for_mail(url: str, grade: Grade) -> None:
    assert scheme(Address(url)).grade is grade


def test_every_address_that_mail_was_sent_with_is_checked_once(service: Service, tmp_path: Path) -> None:
    data, dead = tmp_path / "data", f"http://127.0.0.1:{free_port()}"
    shutil.copytree(service.data, data, ignore=shutil.ignore_patterns("*.sock"))
    for id, url in (("autumn", dead), ("winter", dead), ("same", f"{service.url}/")):
        rows(data, "campaign", "add", id, "--name", id, "--base-url", url)
    code, grades, said = doctor(data, service.url)
    assert (code, grades) == (1, ALL_WELL | {"reachable": "fail", "HEAD": "warn"}), said
    titles = [line.rstrip() for line in said.splitlines() if line.startswith("http:")]
    assert titles == [f"{service.url}, of this service", f"{dead}, of campaign(s) autumn, winter"]
    assert "or correct the address: `mailpixel campaign edit autumn --base-url`" in said


def test_an_address_of_many_campaigns_names_some_of_them() -> None:
    campaigns = [Campaign(f"c{n}", "x", base_url="https://u.example") for n in range(5)]
    (_, address) = addresses(
        "https://T.example/", [*campaigns, Campaign("c6", "x", base_url="https://t.example")]
    )
    assert str(address) == "https://u.example, of campaign(s) c0, c1, c2 and 2 more"


@pytest.mark.parametrize(
    ("headers", "body", "grade", "found"),
    [
        ({}, PIXEL_GIF, Grade.OK, "the GIF and its headers arrive unchanged"),
        ({"cache-control": "private, NO-STORE"}, PIXEL_GIF, Grade.FAIL,
         "Cache-Control lacks max-age=0, must-revalidate, no-cache"),
        ({"age": "3"}, PIXEL_GIF, Grade.FAIL, "a cache answers (Age)"),
        ({"set-cookie": "a=b"}, PIXEL_GIF, Grade.FAIL, "set-cookie was added"),
        ({"content-type": "image/webp"}, b"RIFF", Grade.FAIL,
         "the body is not the pixel (4 bytes); Content-Type is not image/gif"),
        ({"x-content-type-options": ""}, PIXEL_GIF, Grade.WARN, "X-Content-Type-Options is missing"),
    ],
)  # fmt: skip
def test_a_pixel_changed_on_its_way_is_found_out(
    headers: dict[str, str], body: bytes, grade: Grade, found: str
) -> None:
    check = pixel(HttpAnswer(200, SENT | headers, body))
    assert (check.grade, check.found) == (grade, found)


def test_a_pixel_that_is_redirected_fails() -> None:
    assert (
        pixel(HttpAnswer(301, {"location": "https://t.example/"})).found == "the answer is 301 instead of 200"
    )


@pytest.mark.parametrize(
    ("apart_s", "grade"),
    [
        (0, Grade.OK),
        (-5, Grade.OK),
        (6, Grade.WARN),
        (-60, Grade.WARN),
        (61, Grade.FAIL),
        (-4000, Grade.FAIL),
    ],
)
def test_clocks_apart_are_found_out(apart_s: int, grade: Grade) -> None:
    assert clock(GOOD, NOW_S + apart_s).grade is grade


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_an_answer_without_a_date_is_a_warning(date: str | None) -> None:
    assert clock(HttpAnswer(200, {} if date is None else {"date": date}), NOW_S).grade is Grade.WARN


def test_a_redirect_surface_is_known_by_its_own_page() -> None:
    assert redirects(HttpAnswer(404, {}, NOT_FOUND_PAGE)).grade is Grade.OK
    assert redirects(HttpAnswer(404, {}, b"nginx")).grade is Grade.FAIL
    assert redirects(NoAnswer("no answer")).found == "no answer"


def test_keys_are_shared_when_the_service_reads_a_token() -> None:
    grades = [
        shared_keys(answer).grade
        for answer in (HttpAnswer(200, {}), HttpAnswer(404, {}), HttpAnswer(502, {}))
    ]
    assert [*grades, shared_keys(NoAnswer("x")).grade] == [Grade.OK, Grade.FAIL, Grade.FAIL, Grade.FAIL]


@pytest.mark.parametrize(
    ("answer", "grade", "remedy"),
    [
        (HttpAnswer(200, {}), Grade.OK, ""),
        (HttpAnswer(404, {}), Grade.OK, ""),
        (HttpAnswer(301, {}), Grade.WARN, "set the final address: MAILPIXEL_BASE_URL"),
        (HttpAnswer(502, {}), Grade.FAIL, "start `mailpixel serve`, and let the proxy forward to its port"),
        (NoAnswer("no answer"), Grade.FAIL,
         "check the firewall and the proxy; or correct the address: MAILPIXEL_BASE_URL"),
    ],
)  # fmt: skip
def test_an_address_is_reached_when_the_service_itself_can_answer(
    answer: HttpAnswer | NoAnswer, grade: Grade, remedy: str
) -> None:
    check = reach(answer, Address("https://t.example"))
    assert (check.grade, check.remedy) == (grade, remedy)


def test_a_certificate_that_nobody_knows_is_reported_with_its_remedy(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    with a_server(answering(200), context) as url:
        found = [(check.found, check.remedy[:27]) for check in check_public(Address(url), None)]
    assert found == [("is encrypted", ""), ("the certificate is not valid", "give the proxy a valid cert")]


def test_a_data_folder_that_is_a_file_fails(service: Service, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, grades, said = doctor(tmp_path / "file", service.url)
    assert (code, grades["pixel"]) == (1, "ok")
    assert "name the data folder with --data DIR or MAILPIXEL_DATA" in said


@pytest.mark.parametrize(
    ("caught_up_at_ms", "grade"),
    [(0, Grade.FAIL), (939_999, Grade.FAIL), (940_000, Grade.OK), (10**9, Grade.FAIL)],
)
def test_a_fold_that_lags_fails(caught_up_at_ms: int, grade: Grade) -> None:
    registry = MemoryRegistry()
    registry.take_lease(FOLD, "one", caught_up_at_ms, 500)
    registry.caught_up(FOLD, "one", caught_up_at_ms)
    assert check_fold(MemoryStore(), registry, 1_000_000, 60).grade is grade


def test_a_key_file_is_shown_with_its_mode_and_how_many_keys(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keys.json")
    assert check_key_file(tmp_path / "keys.json") == Check("key file", Grade.OK, "1 key(s), mode 600")


@pytest.mark.parametrize(
    ("status", "grade"),
    [(200, Grade.OK), (204, Grade.OK), (302, Grade.FAIL), (404, Grade.FAIL), (410, Grade.FAIL), (403, Grade.WARN),
     (429, Grade.WARN), (503, Grade.FAIL)],
)  # fmt: skip
def test_a_dead_link_fails_and_a_guarded_one_warns(status: int, grade: Grade) -> None:
    assert judge_link("spring", Link(1, "https://shop.example/"), HttpAnswer(status, {})).grade is grade


def test_a_link_is_well_when_head_is_refused_and_get_is_not() -> None:
    def respond(request: BaseHTTPRequestHandler) -> None:
        answering(405 if request.command == "HEAD" else 200)(request)

    with a_server(respond) as shop:
        (check,) = check_links(Campaign("spring", "Spring", links=(Link(1, f"{shop}/a"),)), allowed=LOCAL)
    assert (check.grade, check.found) == (Grade.OK, f"{shop}/a: 200")


def test_a_link_that_no_browser_would_follow_fails() -> None:
    (check,) = check_links(Campaign("spring", "Spring", links=(Link(1, "ftp://shop.example/"),)))
    assert (check.grade, check.found) == (
        Grade.FAIL,
        "ftp://shop.example/: must begin with http:// or https:// and a host",
    )


def test_the_public_address_is_asked_without_following_redirects() -> None:
    with a_server(answering(301, Location="https://elsewhere.invalid/")) as url:
        answer = ask(url)
    assert isinstance(answer, HttpAnswer)
    assert (answer.status, answer.headers["location"]) == (301, "https://elsewhere.invalid/")


def test_a_link_is_followed_to_its_end() -> None:
    def respond(request: BaseHTTPRequestHandler) -> None:
        if request.path == "/end":
            answering(410)(request)
        else:
            answering(302, Location="/end" if request.path == "/moved" else request.path)(request)

    with a_server(respond) as shop:
        links = (Link(1, f"{shop}/moved"), Link(2, f"{shop}/loop"))
        checks = list(check_links(Campaign("spring", "Spring", links=links), allowed=LOCAL))
    assert [check.found for check in checks] == [f"{shop}/moved: 410", f"{shop}/loop: 302"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0.0.0.0", "[::ffff:127.0.0.1]", "0x7f.1"],
)
def test_no_link_makes_this_machine_ask_itself_or_its_neighbours(host: str) -> None:
    asked = []
    with a_server(lambda request: asked.append(request.path)) as here:
        port = here.rpartition(":")[2]
        links = (Link(1, f"http://{host}:{port}/"), Link(2, "http://169.254.169.254/latest/meta-data/"))
        checks = list(check_links(Campaign("spring", "Spring", links=links)))
    assert asked == []
    assert [(check.grade, check.found.partition("/: ")[2] or check.found) for check in checks] == [
        (Grade.FAIL, PRIVATE),
        (Grade.FAIL, PRIVATE),
    ]


@pytest.mark.parametrize(
    "place", ["http://10.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://[fd00::1]/"]
)
def test_no_redirect_makes_it_either(place: str) -> None:
    with a_server(answering(302, Location=place)) as shop:
        link = Link(1, f"{shop}/a")
        (check,) = check_links(Campaign("spring", "Spring", links=(link,)), allowed=LOCAL)
    assert check.grade is Grade.FAIL
    assert check.found in (f"{link.url}: {PRIVATE}", f"{link.url}: 302", f"{link.url}: no answer")


def test_links_that_hang_hold_nobody_up() -> None:
    release = threading.Event()

    def respond(request: BaseHTTPRequestHandler) -> None:
        release.wait(30)

    with a_server(respond) as shop:
        links = tuple(Link(number, f"{shop}/{number}") for number in range(1, 4))
        checks = list(check_links(Campaign("spring", "Spring", links=links), 0.2, LOCAL))
        release.set()
    assert [check.grade for check in checks] == [Grade.FAIL] * 3
    assert checks[0].found == f"{shop}/1: not checked: the time was up"


def test_a_campaign_without_links_is_a_warning() -> None:
    (check,) = check_links(Campaign("spring", "Spring"))
    assert check.grade is Grade.WARN


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://127.0.0.1:{free_port}/", "the connection was refused"),
        ("http://no-such-host.invalid/", "the host name is unknown"),
        ("http://[::1", "the URL is invalid"),
    ],
)
def test_no_answer_says_why_without_naming_addresses(url: str, problem: str) -> None:
    assert ask(url.format(free_port=free_port())) == NoAnswer(problem)


def test_an_erasure_by_a_clock_that_was_ahead_is_said() -> None:
    store, registry, now_ms = MemoryStore(), MemoryRegistry(), to_ms(datetime(2026, 11, 28, tzinfo=UTC))
    store.erase("r-1", now_ms)
    assert check_erasures(store, registry, now_ms) == Check(
        "erasures", Grade.OK, "all are finished, and none was noted by a clock that was ahead"
    )
    store.erase("r-2", now_ms + 365 * DAY_MS)
    assert check_erasures(store, registry, now_ms) == Check(
        "erasures",
        Grade.WARN,
        "1 noted by a clock that was ahead: what these people do is not counted, the last until 2027-11-28",
        "set the clock, and erase again whoever was erased while it was wrong",
    )


def test_campaigns_that_keep_a_mail_are_named() -> None:
    registry = MemoryRegistry()
    assert check_mails(registry) == Check(
        "kept mail", Grade.OK, "no campaign keeps its mail for the click map"
    )
    for number in range(12):
        registry.add_campaign(Campaign(f"c{number:02}", "Spring"))
        offered = Offered(b"<p>x", False, "cli", datetime(2026, 11, 1, tzinfo=UTC))
        keep_mail(registry, f"c{number:02}", offered, RewriteOptions("https://t.example"))
    found = check_mails(registry).found
    assert (found[:34], found[-11:]) == ("for the click map of c00, c01, c02", "c09, 2 more")


@pytest.mark.parametrize(("status", "grade"), [(200, Grade.OK), (404, Grade.FAIL), (500, Grade.FAIL)])
def test_a_service_that_does_not_read_tokens_with_modes_is_found(status: int, grade: Grade) -> None:
    assert new_tokens(HttpAnswer(status, {}, b"")).grade is grade
    assert new_tokens(NoAnswer("no answer")).grade is Grade.WARN
