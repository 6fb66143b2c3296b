"""Settings from variables, and back."""

from pathlib import Path

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.settings import Settings


def test_defaults_need_no_variable() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.database, settings.key_file) == (
        Path("mailpixel-data/mailpixel.db"),
        Path("mailpixel-data/keys.json"),
    )


def test_variables_are_read_by_their_type_and_give_themselves_again() -> None:
    environment = {
        "MAILPIXEL_DATA": "elsewhere",
        "MAILPIXEL_SEEDS": "seed-1,seed-2",
        "MAILPIXEL_TRUSTED_PROXIES": "10.0.0.0/8,::1/128",
        "MAILPIXEL_QUEUE_HITS": "7",
        "MAILPIXEL_KEEP_ADDRESS": "network",
        "MAILPIXEL_WEB_HOSTS": "Stats.Shop.Example., 127.0.0.1,[::1]",
    }
    settings = Settings.from_environment(environment | {"PATH": "/bin"})
    assert settings == Settings(
        data=Path("elsewhere"),
        seeds=("seed-1", "seed-2"),
        trusted_proxies=("10.0.0.0/8", "::1/128"),
        queue_hits=7,
        keep_address="network",
        web_hosts=("stats.shop.example", "127.0.0.1", "[::1]"),
    )
    assert Settings.from_environment(settings.to_environment()) == settings


def test_an_option_wins_over_a_variable() -> None:
    assert Settings.from_environment({"MAILPIXEL_DATA": "a"}, data=Path("b")).data == Path("b")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("MAILPIXEL_QUEUE_HITS", "many", "must be a whole number from 1 to 10000000 (hits)"),
        ("MAILPIXEL_QUEUE_HITS", "0", "must be a whole number from 1 to 10000000 (hits)"),
        ("MAILPIXEL_KEEP_ADDRESS", "half", "must be one of full, network, none"),
        (
            "MAILPIXEL_TRUSTED_PROXIES",
            "10.0.0.1/8",
            "must be networks like 10.0.0.0/8 or 2001:db8::/32, separated by commas",
        ),
        *(
            (
                "MAILPIXEL_WEB_HOSTS",
                value,
                "must be host names like stats.shop.example, without scheme and port, separated by commas",
            )
            for value in ("https://stats.shop.example", "stats.shop.example:443", "*", "stats/docs", "-a")
        ),
        ("MAILPIXEL_DATABASE", "x", "unknown setting; `mailpixel settings` lists them all"),
    ],
)
def test_a_value_that_is_invalid_names_its_variable(name: str, value: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Settings.from_environment({name: value})
    assert (caught.value.field, caught.value.problem) == (name, problem)
