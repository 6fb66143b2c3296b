"""Who gets in to the pages, who does not, and what ends it."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailpixel.folder.opening import begin
from mailpixel.settings import Settings
from mailpixel.store.keys import ApiKey
from mailpixel.store.registry import Registry
from tests.support.pages import Person, a_person
from tests.support.processes import wait_until

KEYS = "/settings/keys"


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with a_person(tmp_path / "data") as person:
        yield person


def registry_of(person: Person) -> Registry:
    return begin(Settings(data=person.data))[1]


def add_key(person: Person, name: str = "reporting", scope: str = "write") -> str:
    text = f"mp_{name}"
    digest = hashlib.sha256(text.encode()).digest()
    registry_of(person).add_key(ApiKey(name, scope, digest, datetime.now(UTC)))
    return text


def where(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("location", "")  # type: ignore[attr-defined]


def test_a_key_signs_in_and_leads_to_the_page_that_was_wanted(person: Person) -> None:
    key = add_key(person)
    assert where(person.get(KEYS)) == (303, "/?next=%2Fsettings%2Fkeys")
    answer = person.post("/sign-in", "/?next=/settings/keys", {"key": key, "next": KEYS})
    assert where(answer) == (303, KEYS)
    cookie = answer.headers["set-cookie"]
    assert all(
        part in cookie for part in ("mailpixel=", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200")
    )
    assert person.get(KEYS).status_code == 200
    assert where(person.get("/")) == (303, "/campaigns")


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/%09/evil", "javascript:alert(1)", "/settings/keys\r\nx: y", "settings/keys", "/nothing",
        "/settings/keys/../../evil", "/settings\\keys", "/api/campaigns", "/sign-out", "///evil.example",
        "/campaigns/..//..//evil.example", "/campaigns/../\\evil.example", "\x00//evil.example", "\u00a0//evil.example",
        "/\uff0fevil.example", "http:evil.example", "?//evil.example", "//evil.example@testserver", "data:text/html,x",
    ],
)  # fmt: skip
def test_no_other_site_is_a_page_to_go_back_to(person: Person, wanted: str) -> None:
    answer = person.post("/sign-in", "/", {"key": add_key(person), "next": wanted})
    assert where(answer) == (303, "/campaigns")


def test_a_wrong_key_is_told_once_by_a_redirect(person: Person) -> None:
    assert where(person.post("/sign-in", "/", {"key": "mp_wrong"})) == (303, "/")
    assert "This key is unknown or revoked." in person.client.get("/").text
    assert "This key is unknown or revoked." not in person.client.get("/").text


def test_after_ten_wrong_keys_no_more_are_looked_at(person: Person) -> None:
    key = add_key(person)
    for _ in range(10):
        person.post("/sign-in", "/", {"key": "mp_wrong"})
    assert where(person.post("/sign-in", "/", {"key": key})) == (303, "/")
    assert "too many wrong keys" in person.client.get("/").text
    shown = person.client.get("/metrics").text
    assert 'mailpixel_signins_total{outcome="wrong_key"} 10.0' in shown
    assert 'mailpixel_signins_total{outcome="too_many"} 1.0' in shown


def test_a_link_works_once_and_looking_at_it_uses_it_up_not(person: Person) -> None:
    path = f"/sign-in/{person.link()}"
    assert "It works once" in person.client.get(path).text
    assert person.client.head(path).status_code == 200
    assert where(person.post(path, path)) == (303, "/campaigns")
    person.client.cookies.clear()
    assert "This link does not work" in person.client.get(path).text
    assert where(person.post(path, "/")) == (303, "/")
    assert where(person.get(KEYS))[0] == 303


def test_signing_out_ends_the_session_also_for_who_kept_the_cookie(person: Person) -> None:
    person.sign_in()
    cookie = person.client.cookies["mailpixel"]
    assert where(person.post("/sign-out", KEYS)) == (303, "/")
    person.client.cookies.clear()
    answer = person.get(KEYS, headers={"cookie": f"mailpixel={cookie}"})
    assert where(answer) == (303, "/?next=%2Fsettings%2Fkeys")


def test_a_revoked_key_ends_its_sessions(person: Person) -> None:
    person.post("/sign-in", "/", {"key": add_key(person)})
    assert person.get(KEYS).status_code == 200
    registry_of(person).revoke_key("reporting", datetime.now(UTC))
    wait_until(lambda: person.get(KEYS).status_code == 303, "the session outlives its key")


@pytest.mark.parametrize("forged", ["", "0" * 64, "ü"])
def test_a_form_without_the_right_hidden_field_changes_nothing(person: Person, forged: str) -> None:
    person.sign_in()
    fields = {"csrf": forged, "name": "x", "scope": "read"}
    assert where(person.client.post(KEYS, data=fields, follow_redirects=False)) == (303, "/")
    assert registry_of(person).keys() == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_form_from_another_site_changes_nothing(person: Person, site: str) -> None:
    person.sign_in()
    answer = person.post(KEYS, KEYS, {"name": "x", "scope": "read"}, headers={"sec-fetch-site": site})
    assert where(answer) == (303, "/")
    assert registry_of(person).keys() == []


def test_the_hidden_field_of_one_session_is_not_good_for_another(person: Person) -> None:
    person.sign_in()
    former = person.hidden(KEYS)
    person.client.cookies.clear()
    person.sign_in(name="bert")
    answer = person.client.post(
        KEYS, data={"csrf": former, "name": "x", "scope": "read"}, follow_redirects=False
    )
    assert where(answer) == (303, "/")
    assert registry_of(person).keys() == []


def test_who_answers_for_privacy_sees_the_record_of_processing_and_no_other_settings(person: Person) -> None:
    person.sign_in("privacy")
    assert where(person.get("/settings")) == (303, "/settings/privacy")
    answer = person.get("/settings/privacy")
    assert "Record of processing" in answer.text
    assert "/settings/keys" not in answer.text
    refused = person.get(KEYS)
    assert (refused.status_code, "scope write." in refused.text) == (403, True)


def test_a_page_for_several_scopes_names_them(person: Person) -> None:
    person.sign_in("read")
    answer = person.get("/settings/privacy")
    assert (answer.status_code, "scope write or privacy." in answer.text) == (403, True)


def test_who_may_only_read_is_refused_on_the_server(person: Person) -> None:
    person.sign_in("read")
    answer = person.get(KEYS)
    assert answer.status_code == 403
    assert "scope write" in answer.text
    assert "Settings" not in answer.text
    answer = person.client.post(KEYS, data={"name": "x", "scope": "write"}, follow_redirects=False)
    assert answer.status_code == 403
    assert registry_of(person).keys() == []


def test_every_page_has_the_policy_and_is_kept_nowhere(person: Person) -> None:
    person.sign_in()
    for path in ("/", KEYS, "/sign-in/x", "/nothing"):
        headers = person.get(path).headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'; style-src 'self'"
        )
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert (
            headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        )


@pytest.mark.parametrize(
    ("headers", "is_safe"),
    [
        ({"host": "t.example"}, True),
        ({"host": "127.0.0.1:8025", "x-forwarded-for": "198.51.100.7"}, True),
        ({"host": "localhost:8025", "x-forwarded-proto": "https"}, True),
        ({"host": "localhost:8025"}, False),
        ({"host": "127.0.0.1"}, False),
    ],
)
def test_by_https_cookies_are_secure_and_of_this_host_alone(
    tmp_path: Path, headers: dict[str, str], is_safe: bool
) -> None:
    with a_person(tmp_path / "data", base_url="https://t.example") as person:
        cookie = person.get("/", headers=headers).headers["set-cookie"]
    assert cookie.startswith("__Host-mailpixel_pre=" if is_safe else "mailpixel_pre=")
    assert ("Secure" in cookie, "Path=/" in cookie, "Domain" in cookie) == (is_safe, True, False)


def test_by_https_a_cookie_that_a_neighbour_could_set_is_not_read(tmp_path: Path) -> None:
    with a_person(tmp_path / "data", base_url="https://t.example") as person:
        person.client.base_url = "https://t.example"
        person.sign_in()
        cookie = person.client.cookies["__Host-mailpixel"]
        assert person.get(KEYS).status_code == 200
        person.client.cookies.clear()
        assert where(person.get(KEYS, headers={"cookie": f"mailpixel={cookie}"}))[0] == 303


def test_who_sends_no_cookie_reads_why_it_does_not_work(tmp_path: Path) -> None:
    with a_person(tmp_path / "data", base_url="https://t.example") as person:
        hidden = person.hidden("/")
        person.client.cookies.clear()
        answer = person.client.post("/sign-in", data={"csrf": hidden, "key": add_key(person)})
    assert "Allow cookies for this site, and open it at https://t.example." in answer.text


def test_a_form_after_the_session_ended_says_that_nothing_was_saved(person: Person) -> None:
    person.sign_in()
    hidden = person.hidden(KEYS)
    person.client.cookies.delete("mailpixel")
    answer = person.client.post(KEYS, data={"csrf": hidden, "name": "x", "scope": "read"})
    assert "nothing was saved" in answer.text
    assert registry_of(person).keys() == []


def test_an_address_counts_after_the_declared_proxies(tmp_path: Path) -> None:
    with a_person(tmp_path / "data", trusted_proxies=("127.0.0.0/8",)) as person:
        for number in range(12):
            person.post("/sign-in", "/", {"key": "x"}, headers={"x-forwarded-for": f"198.51.100.{number}"})
        key = add_key(person)
        answer = person.post("/sign-in", "/", {"key": key}, headers={"x-forwarded-for": "198.51.100.77"})
    assert where(answer) == (303, "/campaigns")


def test_errors_for_strangers_load_nothing_and_are_framed_by_nobody(person: Person) -> None:
    headers = person.get("/nothing").headers
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    assert (headers["content-security-policy"], headers["x-content-type-options"]) == (policy, "nosniff")
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


def test_errors_for_who_is_signed_in_stand_in_the_frame(person: Person) -> None:
    person.sign_in()
    missing, method = person.get("/nothing"), person.client.put(KEYS)
    unknown = person.get(f"{KEYS}?colour=red")
    assert [each.status_code for each in (missing, method, unknown)] == [404, 405, 422]
    assert all("Sign out" in each.text for each in (missing, method, unknown))
    assert method.headers["allow"] == "GET, HEAD, POST" or "POST" in method.headers["allow"]
    person.client.cookies.clear()
    assert "Sign out" not in person.get("/nothing").text
