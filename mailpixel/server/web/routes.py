"""The pages as one ordered table: method, path, handler, scope, and the shape of the query string."""

from mailpixel.server.web import (
    campaign_list,
    compare,
    download,
    edit,
    inbound,
    keys,
    links,
    overview,
    recipients,
    settings,
    shares,
    sign_in,
    tokens,
)
from mailpixel.server.web.page import WebPage, routes

# fmt: off
PAGES: tuple[WebPage, ...] = (
    WebPage("GET", "/", sign_in.ask, None, query=sign_in.SignInOptions),
    WebPage("POST", "/sign-in", sign_in.by_key, None),
    WebPage("GET", "/sign-in/{link}", sign_in.ask_by_link, None, query=sign_in.SignInOptions),
    WebPage("POST", "/sign-in/{link}", sign_in.by_link, None, query=sign_in.SignInOptions),
    WebPage("POST", "/sign-out", sign_in.sign_out, None),
    WebPage("GET", "/campaigns", campaign_list.campaign_list, "read", query=campaign_list.ListOptions),
    WebPage("GET", "/campaigns/new", edit.show_new, "write"),
    WebPage("POST", "/campaigns/new", edit.add, "write"),
    WebPage("GET", "/campaigns/{id}", overview.show_overview, "read", query=overview.OverviewOptions),
    WebPage("GET", "/campaigns/{id}/recipients", recipients.show_recipients, "read",
            query=recipients.RecipientListOptions),
    WebPage("GET", "/campaigns/{id}/recipients/{recipient:path}", recipients.show_recipient, "read"),
    WebPage("GET", "/campaigns/{id}/links", links.show_links, "read"),
    WebPage("GET", "/compare", compare.show_comparison, "read", query=compare.CompareOptions),
    WebPage("GET", "/settings", settings.first, "write"),
    WebPage("GET", "/settings/inbound", inbound.show_sources, "write"),
    WebPage("POST", "/settings/inbound", inbound.add_source, "write"),
    WebPage("POST", "/settings/inbound/remove", inbound.remove_source, "write"),
    WebPage("GET", "/settings/keys", keys.show_keys, "write"),
    WebPage("POST", "/settings/keys", keys.add_key, "write"),
    WebPage("POST", "/settings/keys/revoke", keys.revoke_key, "write"),
    WebPage("GET", "/campaigns/{id}/edit", edit.show, "write"),
    WebPage("POST", "/campaigns/{id}/edit", edit.change, "write"),
    WebPage("POST", "/campaigns/{id}/archive", edit.archive, "write"),
    WebPage("POST", "/campaigns/{id}/delete", edit.delete, "write"),
    WebPage("GET", "/campaigns/{id}/tokens", tokens.show, "write"),
    WebPage("POST", "/campaigns/{id}/tokens", tokens.sign, "write"),
    WebPage("GET", "/campaigns/{id}/tokens/{list}", tokens.show_result, "write"),
    WebPage("POST", "/campaigns/{id}/tokens/{list}", tokens.remove, "write"),
    WebPage("GET", "/campaigns/{id}/tokens/{list}/links", tokens.fetch, "write"),
    WebPage("GET", "/campaigns/{id}/download", download.show, "read"),
    WebPage("POST", "/campaigns/{id}/download", download.share, "write"),
    WebPage("GET", "/campaigns/{id}/download/{file}", download.file, "read", query=download.FileOptions),
    WebPage("GET", "/campaigns/{id}/report", download.report, "read"),
    WebPage("GET", "/settings/shares", shares.show_shares, "write"),
    WebPage("POST", "/settings/shares", shares.revoke, "write"),
    WebPage("GET", "/s/{share}.csv", shares.show_csv, None, query=shares.SheetOptions),
    WebPage("GET", "/s/{share}", shares.show_page, None),
)
# fmt: on
"""Every page. Where two paths match, the first counts."""

ROUTES = routes(PAGES)
