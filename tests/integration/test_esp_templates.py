"""The recipes for ESP templates, tried: a template in the ESP's own syntax is rewritten once, then filled for two
recipients by a real engine of that syntax. What the reader gets must be what it was, but for tracked links and a pixel.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

import can_ada
import chevron
import django.template
import jinja2
import liquid
import pybars
import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import new_keyring
from mailpixel.ingest.hit import Hit
from mailpixel.ingest.intake import Intake
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.links.minter import Minter
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import parse_path
from mailpixel.model import Facts
from mailpixel.rewriting import rewriter_of
from mailpixel.store.memory import MemoryRegistry
from tests.support.builders import MINIMISER, SENT_AT, SENT_AT_MS, Known, a_campaign

BASE = "https://t.example"
KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))

Values = Mapping[str, Any]
Fill = Callable[[str, Values], str]


def by_replacing(opening: str, closing: str) -> Fill:
    """What an ESP does whose language has no engine to install: each field is replaced by its value."""

    def fill(template: str, values: Values) -> str:
        for name, value in values.items():
            template = template.replace(f"{opening}{name}{closing}", str(value))
        return template

    return fill


def by_handlebars(template: str, values: Values) -> str:
    return str(pybars.Compiler().compile(template)(values))


def by_mustache(template: str, values: Values) -> str:
    return str(chevron.render(template, dict(values)))


def by_liquid(template: str, values: Values) -> str:
    return liquid.Environment().from_string(template).render(**values)


def by_jinja(template: str, values: Values) -> str:
    return (
        jinja2.Environment(autoescape=True, keep_trailing_newline=True).from_string(template).render(**values)
    )


def by_django(template: str, values: Values) -> str:
    """Django's own language, with the one filter that Klaviyo adds for properties of a profile."""
    engine = django.template.Engine()
    library = django.template.Library()
    library.filter("lookup", lambda mapping, name: mapping.get(name, ""))
    engine.template_builtins.append(library)
    context = django.template.Context(dict(values), use_l10n=False, use_tz=False)
    return str(engine.from_string(template).render(context))


@dataclass(frozen=True, slots=True)
class Recipe:
    """An ESP: its merge tag for a field `mp`, an engine, a template in its syntax, and the values of one reader."""

    merge_tag: str
    fill: Fill
    template: str
    values: Callable[[str], Values]


def a_template(greeting: str, only_if: str, end_if: str, leave: str) -> str:
    return (
        "<!DOCTYPE html>\r\n<html><body>\r\n"
        f"<p>Dear {greeting}</p>\n"
        '<a href="https://shop.example/spring?a=1&amp;b=2">Spring</a>\n'
        f"{only_if}<a style='color: red' href=\"https://shop.example/vip\">For you</a>{end_if}\n"
        f'<a href="{leave}">Leave</a> <a href="mailto:help@shop.example">Help</a>\r\n'
        "</body></html>\r\n"
    )


IF_HANDLEBARS = ("{{#if vip}}", "{{/if}}", "{{{leave}}}")
RECIPES = {
    "Mailchimp": Recipe(
        "*|MP|*",
        by_replacing("*|", "|*"),
        a_template("*|FNAME|*", "", "", "*|UNSUB|*"),
        lambda token: {"MP": token, "FNAME": "Ann", "UNSUB": "https://esp.example/leave"},
    ),
    "Mailgun, recipient variables": Recipe(
        "%recipient.mp%",
        by_replacing("%recipient.", "%"),
        a_template("%recipient.name%", "", "", "%recipient.leave%"),
        lambda token: {"mp": token, "name": "Ann", "leave": "https://esp.example/leave"},
    ),
    "Mailgun, stored templates": Recipe(
        "{{mp}}",
        by_handlebars,
        a_template("{{name}}", *IF_HANDLEBARS),
        lambda token: {"mp": token, "name": "Ann & Bo", "vip": True, "leave": "https://esp.example/leave"},
    ),
    "SendGrid": Recipe(
        "{{mp}}",
        by_handlebars,
        a_template("{{name}}", *IF_HANDLEBARS),
        lambda token: {"mp": token, "name": "Ann & Bo", "vip": True, "leave": "https://esp.example/leave"},
    ),
    "SES": Recipe(
        "{{mp}}",
        by_handlebars,
        a_template("{{name}}", *IF_HANDLEBARS),
        lambda token: {"mp": token, "name": "Ann", "vip": False, "leave": "https://esp.example/leave"},
    ),
    "Postmark": Recipe(
        "{{ mp }}",
        by_mustache,
        a_template("{{ name }}", "{{#vip}}", "{{/vip}}", "{{{ leave }}}"),
        lambda token: {"mp": token, "name": "Ann", "vip": True, "leave": "https://esp.example/leave"},
    ),
    "Brevo": Recipe(
        "{{ contact.MP }}",
        by_django,
        a_template(
            "{{ contact.NAME|default:'you' }}", "{% if contact.VIP %}", "{% endif %}", "{{ unsubscribe }}"
        ),
        lambda token: {"contact": {"MP": token, "VIP": "yes"}, "unsubscribe": "https://esp.example/leave"},
    ),
    "Klaviyo": Recipe(
        "{{ person|lookup:'mp' }}",
        by_django,
        a_template("{{ first_name|default:'you' }}", "{% if person.vip %}", "{% endif %}", "{{ leave }}"),
        lambda token: {"person": {"mp": token, "vip": True}, "leave": "https://esp.example/leave"},
    ),
    "Customer.io": Recipe(
        "{{customer.mp}}",
        by_liquid,
        a_template("{{customer.name}}", "{% if customer.vip %}", "{% endif %}", "{{ leave }}"),
        lambda token: {
            "customer": {"mp": token, "name": "Ann", "vip": True},
            "leave": "https://esp.example/",
        },
    ),
    "Jinja2": Recipe(
        "{{ mp }}",
        by_jinja,
        a_template("{{ name }}", "{% if vip %}", "{% endif %}", "{{ leave }}"),
        lambda token: {"mp": token, "name": "Ann & Bo", "vip": True, "leave": "https://esp.example/leave"},
    ),
    "Django": Recipe(
        "{{ mp }}",
        by_django,
        a_template("{{ name }}", "{% if vip %}", "{% endif %}", "{{ leave }}"),
        lambda token: {"mp": token, "name": "Ann & Bo", "vip": True, "leave": "https://esp.example/leave"},
    ),
}


class Hrefs(HTMLParser):
    """The hrefs of a document, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == "href"]


@pytest.fixture
def registry() -> MemoryRegistry:
    made = MemoryRegistry()
    made.add_campaign(a_campaign("spring", links=0))
    return made


@pytest.mark.parametrize("recipient", ["r-1", "p.Zm9v_bar-baz"])
@pytest.mark.parametrize("esp", RECIPES)
def test_a_template_rewritten_once_is_tracked_for_every_reader(
    registry: MemoryRegistry, esp: str, recipient: str
) -> None:
    recipe = RECIPES[esp]
    rewritten = rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE)).template(
        recipe.template, recipe.merge_tag
    )
    assert rewritten.error is None
    values = recipe.values(Minter(KEYRING, BASE, "spring").token(recipient))
    untracked, tracked = (recipe.fill(html, values) for html in (recipe.template, rewritten.output))
    assert landed(tracked, registry, recipient) == Hrefs(untracked).found
    assert without_tracking(tracked, recipient) == without_hrefs_we_track(untracked)


def landed(html: str, registry: MemoryRegistry, recipient: str) -> list[str]:
    """Where each href leads: through the token and the campaign's links where it is ours, else as it stands."""
    links = {link.number: link.url for link in registry.campaign("spring").links}
    return [links[link_of(href, recipient)] if href.startswith(BASE) else href for href in Hrefs(html).found]


def link_of(url: str, recipient: str) -> int:
    """The link number of one of our URLs, once its token has proved good for this recipient."""
    parsed = parse_path(url.removeprefix(BASE))
    assert parsed is not None
    reading = TokenSigner(KEYRING).verify(parsed.token, {TokenKind.MESSAGE})
    assert (reading.problem, reading.claims) == (None, Claims(TokenKind.MESSAGE, "spring", recipient))
    return parsed.link or 0


def without_tracking(html: str, recipient: str) -> str:
    """The filled template with its tracked hrefs emptied and its one pixel, once it proved good, taken out."""
    (pixel,) = re.finditer(rf'<img src="({BASE}/o/[^"]*\.gif)" [^>]*>', html)
    assert link_of(pixel[1], recipient) == 0
    return re.sub(rf'"{BASE}/c/[^"]*"', '""', html.replace(pixel[0], ""))


def without_hrefs_we_track(html: str) -> str:
    return re.sub(r'"https://shop\.example/[^"]*"', '""', html)


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes a field `id` into a query, with its filter for URLs where it has one, and a field `mp`."""

    field: str
    merge_tag: str
    fill: Fill
    encodes: bool = False


LANGUAGES = {
    "merge tags": Language("*|id|*", "*|mp|*", by_replacing("*|", "|*")),
    "recipient variables": Language("%recipient.id%", "%recipient.mp%", by_replacing("%recipient.", "%")),
    "Handlebars": Language("{{id}}", "{{mp}}", by_handlebars),
    "Mustache": Language("{{ id }}", "{{ mp }}", by_mustache),
    "Liquid": Language("{{id | url_encode}}", "{{mp}}", by_liquid, encodes=True),
    "Jinja2": Language("{{ id|urlencode }}", "{{ mp }}", by_jinja, encodes=True),
    "Django": Language("{{ id|urlencode }}", "{{ mp }}", by_django, encodes=True),
}


@pytest.mark.parametrize(
    "id", ["42", "a b", "ann+bo@shop.example", "50%", "a%41", "ü日", "a&b=c", "//evil.example/"]
)
@pytest.mark.parametrize("name", LANGUAGES)
def test_a_value_handed_on_arrives_as_it_would_have_untracked(
    registry: MemoryRegistry, name: str, id: str
) -> None:
    language = LANGUAGES[name]
    template = f'<a href="https://shop.example/a?u={language.field}&amp;size=7#top">A</a>'
    registry.change_campaign("spring", lambda campaign: replace(campaign, passthrough=("u",)), "cli", SENT_AT)
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions(BASE, pixel="none"))
    rewritten = rewriter.template(template, language.merge_tag)
    assert [link.url for link in rewritten.links] == ["https://shop.example/a?size=7#top"]
    values = {"id": id, "mp": Minter(KEYRING, BASE, "spring").token("r-1")}
    (untracked,), (tracked,) = (
        Hrefs(language.fill(html, values)).found for html in (template, rewritten.output)
    )
    expected = dict(parse_qsl(can_ada.parse(untracked).search[1:]))["u"]
    assert expected == id or not language.encodes
    destination = can_ada.parse(redirected(tracked, registry))
    assert parse_qsl(destination.search[1:]) == [("size", "7"), ("u", expected)]
    assert (destination.host, destination.pathname, destination.hash) == ("shop.example", "/a", "#top")


def redirected(href: str, registry: MemoryRegistry) -> str:
    """Where a browser is sent that follows one of our URLs."""
    asked = can_ada.parse(href)
    path = parse_path(asked.pathname)
    assert path is not None
    cache = RegistryCache(registry, retention_days=730)
    cache.refresh()
    intake = Intake(Known(TokenSigner(KEYRING), cache), message_cap=3, minimiser=MINIMISER)
    hit = Hit(path, asked.search[1:].encode(), SENT_AT_MS, "GET", "", "", Facts.NONE)
    receipt = intake.receive(hit)
    assert receipt.destination is not None
    return receipt.destination
