"""The web pages: who is signed in, and one handler per page.

routes      the table of all pages; start reading here
page        how a row of the table is run, and what a handler works with
csrf        that a form comes from a page of ours
forms, multipart     reading forms and uploads
sign_in     signing in and out
tokens      signing the links of a list; trial: those of a test mail
edit        creating and changing a campaign; campaign_form: its form; ready: what speaks against sending it
mail        the click map and the mail in its frame; template: a template tracked
download    files of a campaign; shares: addresses that show its figures
notices     what is said once, on the next page
sites       web sites: the list, a new one, one to change; site_install: what to paste, and what arrived;
            site_reports: overview, funnel, quality; site_console: the last requests of its pages;
            site_visits: visits and page views
compare     two campaigns side by side
people      a person to show, opt out or erase
recipients  by what they did, and one of them; links: who followed each
record      the record of processing
settings    the first page of the settings; keys: API keys; inbound: delivery reports; webhooks: receivers of events
campaign_list    the list of campaigns; overview: the figures of one
policy      headers of every page
errors      errors in the frame of the pages

To add a page:

1. Write its template, `pages/templates/NAME.html`, which extends `base.html` or `campaign.html`.
2. Turn what the store answers into what it shows in a file of `pages/`, without I/O.
3. Write the handler, a function of `PageCall`, in a file here. It ends with `call.page("NAME.html", title=…)`.
4. Add a row to the table in `routes`. Navigation links it by itself when `pages/frame.py` names its path.
5. Look at it in `tests/browser`, at every width and in both colour schemes.
"""

from mailpixel.server.web.errors import EXCEPTION_HANDLERS
from mailpixel.server.web.routes import ROUTES

__all__ = ["EXCEPTION_HANDLERS", "ROUTES"]
