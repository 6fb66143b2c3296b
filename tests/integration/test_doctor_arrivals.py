"""What doctor reads in the log: caches that make a GET of a HEAD, and proxies that hide readers."""

import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from mailpixel.doctor import Check, Grade, check_addresses, check_head, check_salts
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Event, Facts
from mailpixel.privacy.tags import tag_of
from mailpixel.store.store import Store
from mailpixel.times import DAY_MS
from tests.integration.test_doctor import Respond, a_server, answering
from tests.support.builders import a_click, a_delivery, an_open
from tests.support.service import Service, rows
from tests.support.stores import open_settled

PUBLIC = "https://t.example"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("arrivals") / "data"
    rows(data, "campaign", "add", "spring", "--name", "Spring")
    with Service(data) as running:
        running.wait_for("/readyz")
        yield running


@pytest.fixture
def signer(service: Service) -> TokenSigner:
    return TokenSigner(load_keyring(service.data / "keys.json"))


@pytest.fixture
def store(service: Service) -> Store:
    return open_settled(service.data / "mailpixel.db")[0]


def asking_with(method: str, service: Service) -> Respond:
    """A proxy that asks the service with this method, whatever it is asked itself."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        urllib.request.urlopen(urllib.request.Request(service.url + request.path, method=method)).close()
        answering(200)(request)

    return respond


def test_a_head_that_arrives_as_it_was_sent_is_well(
    service: Service, signer: TokenSigner, store: Store
) -> None:
    assert check_head(service.url, signer, store) == Check("HEAD", Grade.OK, "arrives unchanged")
    with a_server(asking_with("HEAD", service)) as proxy:
        assert check_head(proxy, signer, store).grade is Grade.OK


def test_a_cache_that_makes_a_get_of_a_head_is_found_and_its_remedy_named(
    service: Service, signer: TokenSigner, store: Store
) -> None:
    with a_server(asking_with("GET", service)) as cache:
        check = check_head(cache, signer, store)
    assert (check.grade, check.found) == (Grade.FAIL, "arrives as GET: a cache counts probes as readers")
    assert "proxy_cache off;" in check.remedy
    assert "return (pass);" in check.remedy


def test_a_cache_that_answers_by_itself_is_found(signer: TokenSigner, store: Store) -> None:
    with a_server(answering(200)) as cache:
        check = check_head(cache, signer, store)
    assert (check.grade, check.found.split(":")[0]) == (
        Grade.WARN,
        "did not arrive in the log of this folder",
    )


def test_the_probe_is_counted_as_no_open(service: Service, signer: TokenSigner, store: Store) -> None:
    check_head(service.url, signer, store)
    assert {
        (event.method, Facts.PREVIEW in event.facts) for event in store.message("doctor", "doctor").events
    } <= {
        ("HEAD", True),
        ("GET", True),
    }
    service.wait_for("/readyz")


def hits(*addresses: str) -> list[Event]:
    return [an_open(second, address=address) for second, address in enumerate(addresses, 60)]


@pytest.mark.parametrize(
    ("events", "proxies", "found"),
    [
        ([], (), "too few hits to tell"),
        (hits("10.0.0.7", "10.0.0.7"), (), "too few hits to tell"),
        (hits("10.0.0.7", "10.0.0.7", "198.51.100.7"), (), "2 in the latest 3 hits"),
        (
            [*hits("10.0.0.7", "10.0.0.7"), a_delivery(), a_click(address="", link=1)],
            (),
            "too few hits to tell",
        ),
    ],
)
def test_addresses_that_are_readers_own_are_well(
    events: list[Event], proxies: tuple[str, ...], found: str
) -> None:
    assert check_addresses(events, PUBLIC, proxies) == Check("addresses", Grade.OK, found)


@pytest.mark.parametrize(
    ("address", "proxies", "found"),
    [
        ("10.0.0.7", (), "one private address"),
        ("fd00::7", (), "one private address"),
        ("127.0.0.1", (), "one private address"),
        ("10.0.0.7", ("10.0.0.0/8",), "the address of a trusted proxy"),
        ("2001:4860::7", ("2001:4860::/32",), "the address of a trusted proxy"),
        ("8.8.8.8", (), "one address; if it is a proxy's"),
    ],
)
def test_one_address_for_all_readers_is_a_proxys_and_the_remedy_is_named(
    address: str, proxies: tuple[str, ...], found: str
) -> None:
    check = check_addresses(hits(*[address] * 20), PUBLIC, proxies)
    assert check.grade is Grade.WARN
    assert found in check.found
    assert "X-Forwarded-For" in check.remedy
    assert address not in check.found + check.remedy


def test_a_trial_on_one_machine_is_well() -> None:
    check = check_addresses(hits(*["127.0.0.1"] * 20), "http://127.0.0.1:8025", ())
    assert check == Check("addresses", Grade.OK, "1 in the latest 20 hits")


def tagged_hits(address: str, number: int = 20) -> list[Event]:
    day = an_open().received_at_ms // DAY_MS
    return [
        an_open(60.0 + n, address="", recipient=f"r-{n}", tag=tag_of(SALTS[day], "spring", f"r-{n}", address))
        for n in range(number)
    ]


SALTS = {an_open().received_at_ms // DAY_MS: b"s" * 16}


@pytest.mark.parametrize(
    ("address", "proxies"), [("127.0.0.1", ()), ("10.0.0.7", ("10.0.0.0/24",)), ("fd00::7", ("fd00::/16",))]
)
def test_without_addresses_the_tags_tell_that_all_hits_are_a_proxys(
    address: str, proxies: tuple[str, ...]
) -> None:
    check = check_addresses(tagged_hits(address), PUBLIC, proxies, SALTS)
    assert check.grade is Grade.WARN
    assert "all of the latest 20 hits come from this machine or a trusted proxy" in check.found
    assert "X-Forwarded-For" in check.remedy


@pytest.mark.parametrize(
    ("events", "salts", "found"),
    [
        (tagged_hits("10.0.0.7", 2), SALTS, "too few hits to tell"),
        (tagged_hits("10.0.0.7"), {}, "too few hits to tell"),
        (
            [*tagged_hits("127.0.0.1"), *tagged_hits("198.51.100.7", 1)],
            SALTS,
            "not kept; the latest 21 hits are not all from this machine or a trusted proxy",
        ),
    ],
)
def test_without_addresses_readers_own_are_well(
    events: list[Event], salts: dict[int, bytes], found: str
) -> None:
    assert check_addresses(events, PUBLIC, (), salts) == Check("addresses", Grade.OK, found)


def test_salts_that_are_kept_too_long_are_found_and_the_remedy_is_named() -> None:
    now_ms = 20_000 * DAY_MS + 5
    assert check_salts([19_999, 20_000], now_ms) == Check(
        "salts", Grade.OK, "2 kept, none older than two days"
    )
    check = check_salts([19_997, 19_998, 20_000], now_ms)
    assert check.grade is Grade.WARN
    assert "2 older than two days" in check.found
    assert "2024-10-01" in check.found
    ahead = check_salts([20_000, 20_001, 20_400], now_ms)
    assert (ahead.grade, ahead.found) == (
        Grade.WARN,
        "1 of other days than yesterday and today may still be in the files, the first of 2025-11-08",
    )
