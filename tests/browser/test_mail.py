"""The pages of a mail in a real browser: hostile mail runs nothing, asks for nothing and says nothing."""

from playwright.sync_api import Page, expect

from tests.browser.views import Check, View, every_view
from tests.unit.test_mail_map import HOSTILE

TEMPLATE = "/campaigns/spring/template"
MAIL = (
    "<!DOCTYPE html><html><head><style>.b{background:#0a7d4b;color:#fff;padding:12px 24px}</style></head>"
    '<body style="font-family:sans-serif"><table width="100%"><tr><td><a href="https://shop.example/boots">'
    '<img src="https://pictures.test/logo.png" width="160" height="40" alt="Shop"></a><h1>Spring is here</h1>'
    '<p>See the <a href="https://shop.example/boots">boots</a> or the <a href="https://shop.example/coats">coats</a>.</p>'
    '<p><a class="b" href="https://shop.example/boots">To the sale</a></p>'
    '<p><a href="mailto:hello@shop.example">Write</a>'
    "</p></td></tr></table>{}</body></html>"
)


def put(page: Page, source: str) -> None:
    page.goto(TEMPLATE)
    page.get_by_label("Or the HTML itself").fill(source)
    page.get_by_role("button", name="Track the template").click()


@every_view
def test_the_template_and_the_map_are_sound(signed_in: Page, view: View, check: Check) -> None:
    put(signed_in, MAIL.replace("{}", ""))
    signed_in.get_by_role("heading", name="The template is tracked").wait_for()
    check(signed_in, "template")
    signed_in.goto("/campaigns/spring/map?link=1")
    button = signed_in.frame_locator("iframe").get_by_text("To the sale")
    expect(button).to_have_css("background-color", "rgb(10, 125, 75)")
    check(signed_in, "map")


@every_view
def test_hostile_mail_runs_nothing_and_asks_for_nothing(signed_in: Page, view: View, check: Check) -> None:
    put(signed_in, MAIL.replace("{}", "".join(HOSTILE).replace("\0", "")))
    signed_in.get_by_role("heading", name="The template is tracked").wait_for()
    signed_in.goto("/campaigns/spring/map")
    signed_in.frame_locator("iframe").get_by_text("To the sale").wait_for()
    check(signed_in, "hostile")


def test_the_download_is_the_tracked_template_byte_for_byte(signed_in: Page) -> None:
    source = MAIL.replace("{}", "é").replace("><", ">\n<")
    put(signed_in, source)
    with signed_in.expect_download() as download:
        signed_in.get_by_role("link", name="Download the tracked template").click()
    content = download.value.path().read_text(encoding="utf-8")
    assert download.value.suggested_filename == "spring-tracked.html"
    assert "/c/*|MP|*/1" in content
    assert "<h1>Spring is here</h1>" in content


OUTLOOK = '<!--[if mso]><a href="https://shop.example/boots">Boots</a><![endif]-->'


@every_view
def test_what_the_map_leaves_out_and_the_question_before_a_mail_is_removed_are_sound(
    signed_in: Page, view: View, check: Check
) -> None:
    put(signed_in, MAIL.replace("{}", OUTLOOK))
    signed_in.get_by_role("heading", name="The template is tracked").wait_for()
    signed_in.goto("/campaigns/spring/map")
    signed_in.get_by_text("1 link in a comment that only classic Outlook reads is not shown.").wait_for()
    check(signed_in, "map-with-notice")
    signed_in.get_by_role("button", name="Remove the mail…").click()
    signed_in.get_by_role("heading", name="Remove the kept mail?").wait_for()
    check(signed_in, "remove-mail")
    signed_in.get_by_role("button", name="Remove the mail", exact=True).click()
    signed_in.get_by_text("The mail is removed.").wait_for()
