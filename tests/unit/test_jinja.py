"""The Jinja2 block: what it tracks, and that it never stops a mail."""

import asyncio
import logging
import re
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined, TemplateSyntaxError

from mailpixel import TokenKind, TokenSigner, create_keyring, load_keyring
from mailpixel.claims import Claims
from mailpixel.dropins.campaigns import Campaigns, campaigns_of
from mailpixel.dropins.jinja import Tracked
from mailpixel.errors import StoreUnavailable
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.model import Campaign, Link
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import without_modes
from tests.support.stores import migrated

BLOCK = '{% tracked campaign="c1", recipient=customer.id %}<p><a href="{{ url }}">x</a></p>{% endtracked %}'
URL = "https://shop.example/?a=1&b=2"
MAIL = '<p><a href="https://shop.example/?a=1&amp;b=2">x</a></p>'


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def registry() -> MemoryRegistry:
    registry = MemoryRegistry()
    registry.add_campaign(Campaign("c1", "One"))
    return registry


@pytest.fixture
def campaigns(keys: Path, registry: MemoryRegistry) -> Campaigns:
    return campaigns_of(registry, create_keyring(keys), RewriteOptions("https://t.example"))


def environment(campaigns: Campaigns, **options: object) -> Environment:
    made = Environment(extensions=[Tracked], autoescape=True, **options)  # type: ignore[arg-type]
    made.mailpixel_campaigns = campaigns  # type: ignore[attr-defined]
    return made


def claims_in(keys: Path, html: str) -> list[Claims | None]:
    signer = TokenSigner(load_keyring(keys))
    tokens = re.findall(r"https://t\.example/[oc]/([\w-]+)", html)
    return [without_modes(signer.verify(token, frozenset(TokenKind)).claims) for token in tokens]


def expected(recipient: str, link: int | None = None) -> list[Claims | None]:
    """The claims of one mail: a link that was met in another's mail, or the destination where there is no other yet."""
    click = Claims(TokenKind.CLICK, "c1", recipient, link, None if link else URL)
    return [click, Claims(TokenKind.OPEN, "c1", recipient)]


def test_a_block_is_tracked_for_its_recipient_and_its_links_are_registered(
    campaigns: Campaigns, keys: Path, registry: MemoryRegistry
) -> None:
    template = environment(campaigns).from_string(f"before {BLOCK} after")
    template.render(customer={"id": 6}, url=URL)
    html = template.render(customer={"id": 7}, url=URL)
    assert re.fullmatch(
        r'before <p><a href="https://t\.example/c/[\w-]+">x</a></p><img src="[^"]+"[^>]*> after', html
    )
    assert claims_in(keys, html) == expected("7", 1)
    assert registry.campaign("c1").links == (Link(1, URL),)


def test_campaign_and_recipient_come_from_the_context_when_the_tag_names_none(
    campaigns: Campaigns, keys: Path
) -> None:
    template = environment(campaigns).from_string(f"{{% tracked %}}{MAIL}{{% endtracked %}}")
    assert claims_in(keys, template.render(campaign="c1", recipient="r-1")) == expected("r-1")


def test_a_layout_can_hold_the_block_around_the_blocks_of_its_children(
    campaigns: Campaigns, keys: Path
) -> None:
    layout = "{% tracked %}<html><body>{% block content %}{% endblock %}</body></html>{% endtracked %}"
    child = f'{{% extends "layout" %}}{{% block content %}}{MAIL}{{% endblock %}}'
    made = environment(campaigns, loader=DictLoader({"layout": layout, "child": child}))
    html = made.get_template("child").render(campaign="c1", recipient="r-1")
    assert claims_in(keys, html) == expected("r-1")
    assert html.endswith("></body></html>")


def test_an_asynchronous_environment_gives_the_same(campaigns: Campaigns, keys: Path) -> None:
    template = environment(campaigns, enable_async=True).from_string(BLOCK)
    html = asyncio.run(template.render_async(customer={"id": 7}, url=URL))
    assert claims_in(keys, html) == expected("7")


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"campaign": "c1"},
        {"campaign": "c1", "recipient": None},
        {"campaign": "unknown", "recipient": "r-1"},
        {"campaign": "c1", "recipient": "secret@x.example"},
        {"campaign": "secret@x.example", "recipient": "r-1"},
    ],
)
def test_what_cannot_be_tracked_comes_out_as_it_is_and_the_log_says_why_without_an_address(
    campaigns: Campaigns, caplog: pytest.LogCaptureFixture, context: dict[str, str]
) -> None:
    template = environment(campaigns).from_string(f"{{% tracked %}}{MAIL}{{% endtracked %}}")
    assert template.render(context) == MAIL
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "secret" not in caplog.text


def test_what_to_know_of_the_mails_of_a_campaign_is_logged_once_and_names_nobody(
    campaigns: Campaigns, caplog: pytest.LogCaptureFixture
) -> None:
    block = '{% tracked %}<a href="https://shop.example/{id}/{{ recipient }}">x</a>{% endtracked %}'
    template = environment(campaigns).from_string(block)
    caplog.set_level(logging.INFO)
    for number in range(3):
        assert "https://t.example/c/" in template.render(campaign="c1", recipient=f"r-{number}")
    assert caplog.messages == [
        "tracked links of campaign 'c1' hold what looks like a template field; mark it with data-no-track if it is one",
        "the HTML of campaign 'c1' is shorter than 3,200 bytes and has no other image: SpamAssassin adds 0.6 to 2.2"
        " points for the pixel",
    ]
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.INFO]


def test_a_store_that_fails_stops_no_mail(caplog: pytest.LogCaptureFixture) -> None:
    def failing(campaign: str) -> None:
        raise StoreUnavailable("the disk is full")

    template = environment(failing).from_string(BLOCK)  # type: ignore[arg-type]
    assert template.render(customer={"id": 7}, url=URL) == MAIL
    assert caplog.messages == ["a message was sent untracked: the disk is full"]


def test_a_sender_who_wants_strict_names_hears_of_a_missing_one(campaigns: Campaigns) -> None:
    template = environment(campaigns, undefined=StrictUndefined).from_string(
        f"{{% tracked %}}{MAIL}{{% endtracked %}}"
    )
    assert template.render(campaign="c1") == MAIL


@pytest.mark.parametrize(
    "arguments", ["sender=1", 'campaign="a", campaign="b"', "campaign", 'campaign="a" recipient=1']
)
def test_a_wrong_argument_is_an_error_of_the_template(campaigns: Campaigns, arguments: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        environment(campaigns).from_string(f"{{% tracked {arguments} %}}{{% endtracked %}}")


def test_the_data_folder_of_the_settings_is_opened_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: Path
) -> None:
    monkeypatch.setenv("MAILPIXEL_DATA", str(tmp_path))
    monkeypatch.setenv("MAILPIXEL_BASE_URL", "https://t.example")
    made = Environment(extensions=["mailpixel.dropins.jinja.Tracked"], autoescape=True)
    template = made.from_string(f"{{% tracked %}}{MAIL}{{% endtracked %}}")
    assert template.render(campaign="c1", recipient="r-1") == MAIL
    open_sqlite(migrated(tmp_path / "mailpixel.db"))[1].add_campaign(Campaign("c1", "One"))
    create_keyring(keys)
    assert claims_in(keys, template.render(campaign="c1", recipient="r-1")) == expected("r-1")


PIXEL = re.compile("<img [^>]+>")


@pytest.mark.parametrize(
    ("environment_says", "tag_says", "expected"),
    [
        (None, None, "bottom"),
        (None, "none", "none"),
        (None, "top", "top"),
        ("none", None, "none"),
        ("none", "bottom", "bottom"),
        ("top", " TOP ", "top"),
    ],
)
def test_the_tag_says_where_the_pixel_goes_and_else_the_environment(
    campaigns: Campaigns, environment_says: str | None, tag_says: str | None, expected: str
) -> None:
    made = environment(campaigns)
    made.mailpixel_pixel = environment_says  # type: ignore[attr-defined]
    argument = "" if tag_says is None else f"pixel={tag_says!r}"
    html = made.from_string(f"{{% tracked {argument} %}}<body>{MAIL}</body>{{% endtracked %}}").render(
        campaign="c1", recipient="r-1"
    )
    before = PIXEL.split(html)[0]
    assert len(PIXEL.findall(html)) == (0 if expected == "none" else 1)
    assert "https://t.example/c/" in html
    if expected != "none":
        assert before.endswith("</p>") is (expected == "bottom")


def test_a_pixel_that_can_go_nowhere_leaves_the_mail_untracked_and_the_log_names_the_choices(
    campaigns: Campaigns, caplog: pytest.LogCaptureFixture
) -> None:
    template = environment(campaigns).from_string(f'{{% tracked pixel="left" %}}{MAIL}{{% endtracked %}}')
    assert template.render(campaign="c1", recipient="r-1") == MAIL
    assert caplog.messages == ["a message was sent untracked: pixel: must be one of bottom, top, none"]
