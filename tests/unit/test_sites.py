"""What a web site may be: its hosts, names of events, query names, plan and cookie domain."""

import re

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.site_model import Planned, Site
from mailpixel.sites import SiteChange, check_host, new_site

HOSTS = [
    ("shop.example", "shop.example"),
    (" SHOP.Example. ", "shop.example"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("my_shop.example", "my_shop.example"),
    ("localhost", "localhost"),
    ("127.0.0.1", "127.0.0.1"),
    ("[::1]", "[::1]"),
]
NO_HOSTS = [
    "",
    "https://shop.example",
    "shop.example:8080",
    "shop.example/",
    "shop.example?a=1",
    "*.shop.example",
    "me@shop.example",
    "shop example",
    "shop..example",
    "shop%2eexample",
    "shop\\example",
    "shop.example\n.other",
    "example",
    "::1",
    "a." * 127 + "example",
    "\ud800.example",
]


@pytest.mark.parametrize(("text", "host"), HOSTS)
def test_a_host_is_kept_as_browsers_write_it(text: str, host: str) -> None:
    assert (check_host(text), check_host(host)) == (host, host)


@pytest.mark.parametrize("text", NO_HOSTS)
def test_what_is_not_a_plain_host_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="hosts"):
        check_host(text)


def test_a_new_site_has_a_random_key_and_asks() -> None:
    one, two = (new_site("shop", SiteChange(hosts=["shop.example", "SHOP.example"])) for _ in range(2))
    assert one == Site("shop", one.key, ("shop.example",), ask=True)
    assert re.fullmatch("[0-9a-f]{16}", one.key)
    assert one.key != two.key


def test_a_site_takes_everything_that_it_may_have() -> None:
    change = SiteChange(
        hosts=("a.example", "b.example"),
        ask=False,
        names=("wish", "wish", "book_read"),
        keep=("page", "sort"),
        plan={"wish": ("title", "title"), "purchase": ("coupon",)},
        cookie_domain="A.example",
    )
    site = new_site("shop", change)
    assert site == Site(
        "shop",
        site.key,
        ("a.example", "b.example"),
        ask=False,
        names=("wish", "book_read"),
        keep=("page", "sort"),
        plan=(Planned("wish", ("title",)), Planned("purchase", ("coupon",))),
        cookie_domain="a.example",
    )
    assert SiteChange().of(site) == site
    assert SiteChange(names=(), cookie_domain="", archived=True).of(site) == Site(
        "shop", site.key, site.hosts, False, (), site.keep, site.plan, "", True
    )


@pytest.mark.parametrize(
    ("id", "change", "field"),
    [
        ("new", SiteChange(hosts=["shop.example"]), "id"),
        ("a:b", SiteChange(hosts=["shop.example"]), "id"),
        ("shop", SiteChange(), "hosts"),
        ("shop", SiteChange(hosts=["shop.example"] + [f"s{n}.example" for n in range(50)]), "hosts"),
        ("shop", SiteChange(hosts=["shop.example"], names=["Wish"]), "names"),
        ("shop", SiteChange(hosts=["shop.example"], names=["refund"]), "names"),
        ("shop", SiteChange(hosts=["shop.example"], names=["page_view"]), "names"),
        ("shop", SiteChange(hosts=["shop.example"], names=["consent"]), "names"),
        ("shop", SiteChange(hosts=["shop.example"], plan={"consent": ()}), "plan"),
        ("shop", SiteChange(hosts=["shop.example"], names=["a" * 41]), "names"),
        ("shop", SiteChange(hosts=["shop.example"], names=[f"n{n}" for n in range(101)]), "names"),
        ("shop", SiteChange(hosts=["shop.example"], keep=["a b"]), "keep"),
        ("shop", SiteChange(hosts=["shop.example"], keep=["mp_cid"]), "keep"),
        ("shop", SiteChange(hosts=["shop.example"], keep=[f"n{n}" for n in range(51)]), "keep"),
        ("shop", SiteChange(hosts=["shop.example"], plan={"Wish": ()}), "plan"),
        ("shop", SiteChange(hosts=["shop.example"], plan={"refund": ()}), "plan"),
        ("shop", SiteChange(hosts=["shop.example"], plan={"wish": ["Title"]}), "plan"),
        ("shop", SiteChange(hosts=["shop.example"], plan={"wish": [f"f{n}" for n in range(26)]}), "plan"),
        ("shop", SiteChange(hosts=["shop.example"], plan={f"n{n}": () for n in range(101)}), "plan"),
        ("shop", SiteChange(hosts=["www.shop.example"], cookie_domain="other.example"), "cookie_domain"),
        ("shop", SiteChange(hosts=["shop.example"], cookie_domain="www.shop.example"), "cookie_domain"),
        ("shop", SiteChange(hosts=["shop.example"], cookie_domain="example"), "cookie_domain"),
    ],
)
def test_what_a_site_may_not_be_is_refused_by_field(id: str, change: SiteChange, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        new_site(id, change)
    assert refused.value.field == field


def test_errors_name_the_field_as_the_caller_does() -> None:
    with pytest.raises(InvalidInput, match="--host: must be a host"):
        new_site("shop", SiteChange(hosts=["http://shop.example"]), {"hosts": "--host"})
