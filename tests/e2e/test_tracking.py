"""Pixel and redirect as a mail program meets them, from the printed URL to the report."""

import json

import pytest

from tests.support.processes import wait_until
from tests.support.service import Service, mailpixel, rows

PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)  # fmt: skip
NO_STORE = "no-store, no-cache, must-revalidate, max-age=0, private"


def test_the_pixel_is_one_constant_gif_that_nobody_may_keep(service: Service, paths: dict[str, str]) -> None:
    status, headers, body = service.get(paths["pixel_url"])
    del headers["date"], headers["connection"]
    assert (status, len(body), body) == (200, 43, PIXEL)
    assert headers == {
        "content-type": "image/gif",
        "content-length": "43",
        "cache-control": NO_STORE,
        "x-content-type-options": "nosniff",
    }


@pytest.mark.parametrize(
    "path", ["/o/", "/o/nonsense.gif", "/o/AQ.gif", "/o/" + "A" * 5000, "/o/%00", "/o/a/b/c"]
)
def test_a_bad_token_gets_the_same_pixel(service: Service, paths: dict[str, str], path: str) -> None:
    good, bad = service.get(paths["pixel_url"]), service.get(path)
    del good[1]["date"], bad[1]["date"]
    assert bad == good


def test_a_conditional_request_gets_the_whole_pixel(service: Service, paths: dict[str, str]) -> None:
    headers = {
        "If-None-Match": "*",
        "If-Modified-Since": "Wed, 25 Nov 2026 00:00:00 GMT",
        "Range": "bytes=0-1",
    }
    status, answer, body = service.get(paths["pixel_url"], headers=headers)
    assert (status, len(body)) == (200, 43)
    assert "etag" not in answer
    assert "last-modified" not in answer


def test_a_link_leads_to_its_destination_and_is_not_kept(service: Service, paths: dict[str, str]) -> None:
    status, headers, body = service.get(paths["link_1"])
    del headers["date"], headers["connection"]
    assert (status, body) == (302, b"")
    assert headers == {
        "location": "https://shop.example/spring?a=1&b=2",
        "content-length": "0",
        "cache-control": NO_STORE,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }


def test_a_destination_is_sent_as_a_browser_would_ask_for_it(service: Service, paths: dict[str, str]) -> None:
    assert service.get(paths["link_2"])[1]["location"] == "https://shop.example/%C3%BCn%C3%AFcode"


def test_one_message_token_serves_the_pixel_and_every_registered_link(
    service: Service, paths: dict[str, str]
) -> None:
    token = paths["token"]
    asked = [
        f"/o/{token}",
        f"/o/{token}.gif",
        f"/c/{token}/1",
        f"/c/{token}/2",
        f"/c/{token}/3",
        f"/c/{token}",
    ]
    assert [service.status(path) for path in asked] == [200, 200, 302, 302, 404, 404]


@pytest.mark.parametrize("junk", [".", ",", ")", ">", "&amp;utm_source=x", "?utm_source=x", ".),"])
def test_what_mail_programs_glue_to_a_link_does_not_break_it(
    service: Service, paths: dict[str, str], junk: str
) -> None:
    assert service.status(paths["link_1"] + junk) == 302
    assert service.status(f"/c/{paths['token']}/1{junk}") == 302


def test_an_apostrophe_breaks_a_link_because_scanners_add_it(service: Service, paths: dict[str, str]) -> None:
    assert service.status(paths["link_1"] + "%27") == 404


@pytest.mark.parametrize("path", ["/c/", "/c/nonsense", "/c/a/b/c/d", "/c/AQ/1"])
def test_a_bad_link_gets_a_plain_page_and_no_redirect(service: Service, path: str) -> None:
    status, headers, body = service.get(path)
    assert (status, headers["content-type"], "location" in headers) == (
        404,
        "text/html; charset=utf-8",
        False,
    )
    assert b"does not work" in body


@pytest.mark.parametrize(
    ("method", "pixel", "link"),
    [("HEAD", 200, 302), ("OPTIONS", 204, 204), ("POST", 405, 405), ("DELETE", 405, 405)],
)
def test_other_methods_are_logged_and_counted_as_nothing_but_probes(
    service: Service, paths: dict[str, str], method: str, pixel: int, link: int
) -> None:
    before = json.loads(rows(service.data, "report", "c1", "--json"))
    assert service.get(paths["pixel_url"], method)[0::2] == (pixel, b"")
    assert service.get(paths["link_1"], method)[0::2] == (link, b"")
    after = json.loads(rows(service.data, "report", "c1", "--json"))
    assert after["probes"] == before["probes"] + 2
    assert (after["opens"], after["clicks"]) == (before["opens"], before["clicks"])


def test_a_head_has_the_headers_of_a_get(service: Service, paths: dict[str, str]) -> None:
    for name in ("pixel_url", "link_1"):
        get, head = service.get(paths[name]), service.get(paths[name], "HEAD")
        del get[1]["date"], head[1]["date"]
        assert head[:2] == get[:2]


def test_the_report_shows_an_open_without_being_asked_to_fold(
    service: Service, paths: dict[str, str]
) -> None:
    before = json.loads(rows(service.data, "report", "c1", "--json"))["opens"]["events"]
    service.get(paths["pixel_url"])
    wait_until(
        lambda: json.loads(rows(service.data, "report", "c1", "--json"))["opens"]["events"] > before,
        "the report does not show it",
    )


def test_a_new_campaign_and_a_corrected_link_are_in_force_without_a_restart(service: Service) -> None:
    rows(service.data, "campaign", "add", "late", "--name", "Late", "--link", "https://shop.example/wrong")
    token = (
        rows(service.data, "links", "late", "--recipients", "-", "--merge", stdin="r-1\n")
        .splitlines()[1]
        .split(",")[1]
    )
    assert service.get(f"/c/{token}/1")[1]["location"] == "https://shop.example/wrong"
    rows(service.data, "campaign", "edit", "late", "--correct", "1", "https://shop.example/right")
    wait_until(
        lambda: service.get(f"/c/{token}/1")[1]["location"] == "https://shop.example/right",
        "the correction is not in force",
    )


def test_a_port_that_is_taken_is_named_and_ends_the_command_with_1(service: Service) -> None:
    for workers in ("1", "2"):
        port = str(service.port)
        done = mailpixel(service.data, "serve", "--port", port, "--workers", workers)
        assert done.returncode == 1
        assert f"error: cannot listen on 127.0.0.1:{port};" in done.stderr


def test_an_invalid_public_address_is_refused_by_the_name_of_its_setting(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILPIXEL_BASE_URL", "t.example")
    done = mailpixel(service.data, "serve", "--port", "0")
    assert done.returncode == 2
    assert done.stderr.startswith("error: MAILPIXEL_BASE_URL: ")


def test_opting_out_takes_a_press_of_the_button_and_leaves_links_working(
    service: Service, paths: dict[str, str]
) -> None:
    page = f"/u/{paths['token']}"
    assert (service.status(page), service.status("/u/nonsense")) == (200, 404)
    service.get(paths["pixel_url"])
    assert service.get(page, "POST")[0] == 200
    before = json.loads(rows(service.data, "report", "c1", "--json"))
    assert (service.status(paths["pixel_url"]), service.status(paths["link_1"])) == (200, 302)
    after = json.loads(rows(service.data, "report", "c1", "--json"))
    assert after["opens"] == before["opens"]
    assert after["recipients"]["withdrawn_later"] >= 1


def test_health_and_metrics_answer_and_name_no_token(service: Service, paths: dict[str, str]) -> None:
    service.get(paths["pixel_url"])
    service.wait_for("/readyz")
    text = service.get("/metrics")[2].decode()
    assert 'mailpixel_hits_total{outcome="logged",surface="open"}' in text
    assert "mailpixel_fold_lag_seconds" in text
    assert 'mailpixel_consumer_lag_seconds{consumer="fold"}' in text
    assert paths["token"] not in text
