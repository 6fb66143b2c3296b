"""Streams over HTTP: links for many recipients, and deliveries."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from mailpixel.claims import TokenKind
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.server.app import create_app
from tests.support.api import NDJSON, Api, as_lines, lines
from tests.support.builders import SENT_AT, a_campaign, at_ms


def mint(api: Api, query: str, *recipients: object) -> list[Any]:
    body = as_lines(*({"recipient": recipient} for recipient in recipients))
    return lines(api.ask("POST", f"/api/campaigns/spring/mint{query}", content=body, headers=NDJSON))


def test_links_are_minted_line_by_line_and_faults_are_reported_in_their_place(api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=2))
    first, fault, last = mint(api, "", "r-1", "me@example.org", "r-2")
    assert list(first) == ["recipient", "pixel_url", "link_1", "link_2", "choice_url"]
    assert (fault["row"], fault["error"]["code"], fault["error"]["field"]) == (
        2,
        "invalid_input",
        "recipient",
    )
    assert "example.org" not in fault["error"]["message"]
    assert last["recipient"] == "r-2"
    signer = TokenSigner(load_keyring(api.settings.key_file))
    token = first["pixel_url"].removeprefix("https://t.example/o/").removesuffix(".gif")
    assert signer.verify(token, {TokenKind.OPEN}).problem is None
    assert (
        api.client.get(first["link_2"].removeprefix("https://t.example"), follow_redirects=False).headers[
            "location"
        ]
        == "https://shop.example/p/2"
    )


def test_a_campaigns_own_address_is_in_its_links(api: Api) -> None:
    api.registry.add_campaign(a_campaign(base_url="https://mail.example"))
    assert mint(api, "", "r-1")[0]["pixel_url"].startswith("https://mail.example/o/")


def test_merge_tokens_and_pseudonyms_are_minted_when_asked(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    (row,) = mint(api, "?merge=1&hash_recipients=true", "me@example.org")
    assert list(row) == ["recipient", "token", "pseudonym", "choice_url"]
    assert row["pseudonym"].startswith("p.")


def test_a_strict_mint_ends_at_the_first_fault(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    assert ["error" in row for row in mint(api, "?strict=1", "r-1", "", "r-2")] == [False, True]


def test_nothing_in_is_nothing_out(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    assert mint(api, "") == []


def deliver(api: Api, body: bytes) -> list[Any]:
    return lines(api.ask("POST", "/api/campaigns/spring/deliveries", content=body, headers=NDJSON))


def test_deliveries_are_logged_and_faulty_lines_do_not_lose_the_others(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    body = (
        as_lines({"recipient": "r-1", "delivered_at": "2026-09-21T14:13:21Z"})
        + b"\n{broken\n"
        + as_lines({"recipient": "me@example.org", "delivered_at": 0}, {"recipient": "r-2"})
        + as_lines({"recipient": "r-3", "delivered_at": 1, "to": "x"}, [], "x" * 70_000)
        + as_lines({"recipient": "r-4", "delivered_at": 4_000_000_000_000})
        + as_lines({"recipient": "r-5", "delivered_at": 1_790_000_002_001}).strip()
    )
    *faults, tally = deliver(api, body)
    assert [(line["row"], line["error"]["field"]) for line in faults] == [
        (3, "line"),
        (4, "recipient"),
        (5, "delivered_at"),
        (6, "to"),
        (7, "body"),
        (8, "line"),
        (9, "delivered_at"),
    ]
    assert tally == {"accepted": 2, "opted_out": 0, "failed": 7}
    assert [
        (message.recipient, [e.received_at_ms for e in message.events])
        for message in api.store.messages("spring")
    ] == [
        ("r-1", [at_ms(1)]),
        ("r-5", [1_790_000_002_001]),
    ]


def test_a_delivery_reported_twice_counts_once(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    body = as_lines({"recipient": "r-1", "delivered_at": at_ms(1)})
    assert deliver(api, body + body) == [{"accepted": 2, "opted_out": 0, "failed": 0}]
    assert deliver(api, body) == [{"accepted": 1, "opted_out": 0, "failed": 0}]
    api.fold()
    assert api.get("/api/campaigns/spring/summary").json()["recipients"]["delivered"] == 1


def test_nothing_is_logged_of_a_person_who_opted_out(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    api.registry.opt_out("r-1", SENT_AT)
    body = as_lines({"recipient": "r-1", "delivered_at": at_ms(1)})
    with TestClient(create_app(api.settings)) as fresh:
        later = Api(fresh, api.store, api.registry, api.settings)
        assert deliver(later, body) == [
            {"row": 1, "opted_out": True},
            {"accepted": 0, "opted_out": 1, "failed": 0},
        ]
        one = later.ask(
            "POST", "/api/campaigns/spring/deliveries", json={"recipient": "r-1", "delivered_at": at_ms(1)}
        )
        assert one.json() == {"accepted": 0, "opted_out": 1, "failed": 0}
    assert list(api.store.messages("spring")) == []


def test_many_deliveries_in_one_stream_are_all_logged(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    body = as_lines(*({"recipient": f"r-{n}", "delivered_at": at_ms(n / 100)} for n in range(5_000)))
    assert deliver(api, body) == [{"accepted": 5_000, "opted_out": 0, "failed": 0}]
    assert sum(1 for _ in api.store.messages("spring")) == 5_000


def test_a_stream_of_another_kind_is_refused(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    for noun in ("mint", "deliveries"):
        found = api.error(
            "POST", f"/api/campaigns/spring/{noun}", content=b"", headers={"content-type": "text/csv"}
        )
        assert found == (415, "unsupported_media_type", None)


def test_an_announced_stream_past_the_bound_is_refused(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    headers = NDJSON | {"content-length": "9" * 12}
    assert api.error("POST", "/api/campaigns/spring/mint", content=b"", headers=headers) == (
        413,
        "too_large",
        None,
    )


def test_one_recipient_as_json_gives_its_links_as_json(api: Api) -> None:
    api.registry.add_campaign(a_campaign(links=1))
    answer = api.ask("POST", "/api/campaigns/spring/mint", json={"recipient": "r-1"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == mint(api, "", "r-1")[0]


def test_one_delivery_as_json_is_logged_and_counted_as_json(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    delivery = {"recipient": "r-1", "delivered_at": at_ms(1)}
    answer = api.ask("POST", "/api/campaigns/spring/deliveries", json=delivery)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"accepted": 1, "opted_out": 0, "failed": 0}
    (message,) = api.store.messages("spring")
    assert [event.received_at_ms for event in message.events] == [at_ms(1)]


@pytest.mark.parametrize(
    ("noun", "body", "error"),
    [
        ("mint", {"recipient": "me@example.org"}, (422, "invalid_input", "recipient")),
        ("mint", {"recipient": "r-1", "x": 1}, (422, "invalid_input", "x")),
        ("mint", {}, (422, "invalid_input", "recipient")),
        ("mint", [], (422, "invalid_input", "body")),
        ("deliveries", {"recipient": "r-1"}, (422, "invalid_input", "delivered_at")),
        (
            "deliveries",
            {"recipient": "r-1", "delivered_at": 4 * 10**12},
            (422, "invalid_input", "delivered_at"),
        ),
        ("deliveries", {"recipient": "r-1", "delivered_at": 1, "to": "x"}, (422, "invalid_input", "to")),
    ],
)
def test_an_invalid_one_is_an_error(api: Api, noun: str, body: object, error: tuple[int, str, str]) -> None:
    api.registry.add_campaign(a_campaign())
    assert api.error("POST", f"/api/campaigns/spring/{noun}", json=body) == error


@pytest.mark.parametrize("noun", ["mint", "deliveries"])
def test_several_lines_that_say_they_are_json_are_refused_with_the_remedy(api: Api, noun: str) -> None:
    api.registry.add_campaign(a_campaign())
    body = as_lines({"recipient": "r-1"}, {"recipient": "r-2"})
    answer = api.ask(
        "POST", f"/api/campaigns/spring/{noun}", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert "application/x-ndjson" in answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", [{}, {"content-type": "application/x-www-form-urlencoded"}])
def test_a_body_that_does_not_say_what_it_is_is_lines(api: Api, kind: dict[str, str]) -> None:
    api.registry.add_campaign(a_campaign())
    body = as_lines({"recipient": "r-1"}, {"recipient": "r-2"})
    answer = api.ask("POST", "/api/campaigns/spring/mint", content=body, headers=kind)
    assert [line["recipient"] for line in lines(answer)] == ["r-1", "r-2"]


def test_a_message_of_the_api_names_no_flag_of_a_command(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    faulty = ["me@example.org", "", "x" * 129, "a b", "\u00e9", 5, None]
    said = [row["error"]["message"] for row in mint(api, "", *faulty)]
    said += [row["error"]["message"] for row in mint(api, "?hash_recipients=1", "", "x" * 321, "a\tb\0")]
    for recipient in faulty:
        for noun in ("mint", "rewrite", "deliveries"):
            body = {"recipient": recipient, "html": "", "delivered_at": 1}
            said.append(
                api.ask("POST", f"/api/campaigns/spring/{noun}", json=body).json()["error"]["message"]
            )
    assert len(said) > 25
    assert [message for message in said if "--" in message] == []
