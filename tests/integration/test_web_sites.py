"""The pages of web sites: listed, added, changed, archived."""

import pytest

from mailpixel.site_model import Planned, Site
from tests.support.api import Api
from tests.support.web import Person

FORM = {
    "id": "shop",
    "hosts": "Shop.example\r\nwww.other.example",
    "ask": "yes",
    "names": "tip, book_read",
    "plan": "wish: title price\r\nbook_read:",
    "keep": "page sort",
    "cookie_domain": "shop.example",
}


def test_a_site_is_added_changed_and_archived_by_its_forms(api: Api) -> None:
    person = Person(api)
    assert "No web site is registered yet" in person.see("/sites").text
    person.see("/sites/new")
    page = person.send("/sites/new", FORM).text
    site = api.registry.site("shop")
    assert site == Site(
        "shop",
        site.key,
        ("shop.example", "www.other.example"),
        True,
        ("tip", "book_read"),
        ("page", "sort"),
        (Planned("wish", ("title", "price")), Planned("book_read")),
        "shop.example",
    )
    assert all(text in page for text in ("The site shop is registered", site.key, f"/p/{site.key}"))
    page = person.send("/sites/shop/edit", {"hosts": "shop.example", "names": "tip"}).text
    assert "Saved." in page
    assert api.registry.site("shop") == Site("shop", site.key, ("shop.example",), False, ("tip",))
    assert "Archived" in person.send("/sites/shop/archive", {"archived": "true"}).text
    assert "shop.example" not in person.see("/sites").text
    assert "shop.example" in person.see("/sites?archived=true").text
    person.see("/sites/shop/edit")
    person.send("/sites/shop/archive", {"archived": "false"})
    assert not api.registry.site("shop").archived


def test_a_form_shows_a_site_as_it_is(api: Api) -> None:
    person = Person(api)
    person.see("/sites/new")
    page = person.send("/sites/new", FORM).text
    assert all(text in page for text in ("wish: title price", "book_read:", "page sort", "www.other.example"))


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"id": "new"}, "which has a page of its own"),
        ({"id": "a b"}, "must be 1 to 64 letters"),
        ({"hosts": ""}, "must name 1 to 50 hosts"),
        ({"hosts": "https://shop.example"}, "without scheme"),
        ({"names": "Wish"}, "must be 1 to 40 small letters"),
        ({"plan": "wish: a\r\nwish: b"}, "twice"),
        ({"plan": "wish: Title"}, "must name at most 25 fields"),
        ({"keep": "a;b"}, "must be 1 to 64 letters"),
        ({"cookie_domain": "third.example"}, "one of the site"),
    ],
)
def test_a_faulty_form_comes_back_with_the_problem_and_every_entry(
    api: Api, entry: dict[str, str], problem: str
) -> None:
    person = Person(api)
    person.see("/sites/new")
    page = person.send("/sites/new", FORM | entry).text
    assert (problem in page, 'aria-invalid="true"' in page, "tip, book_read" in page or "names" in entry) == (
        True,
        True,
        True,
    )
    assert api.registry.sites() == []


def test_an_id_is_given_once_on_the_page_too(api: Api) -> None:
    person = Person(api)
    person.see("/sites/new")
    person.send("/sites/new", FORM)
    person.see("/sites/new")
    assert "exists already" in person.send("/sites/new", FORM).text


def test_whoever_may_only_read_sees_sites_and_changes_none(api: Api) -> None:
    api.registry.add_site(Site("shop", "0" * 16, ("shop.example",)))
    person = Person(api, "read")
    assert "New site" not in person.see("/sites").text
    assert person.see("/sites/shop/edit").status_code == 403
    assert person.see("/sites/new").status_code == 403
    assert Person(api).see("/sites/nobody/edit").status_code == 404
