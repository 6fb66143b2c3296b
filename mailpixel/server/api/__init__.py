"""The JSON API.

routes      the table of all endpoints; start reading here
endpoint    how a row of the table is run
campaigns, consents, inbound, live, mails, people, reports, rewrites, shares, site_checks, site_orders, site_reports,
sites, streams, webhooks    the handlers, by noun
campaign_shapes, site_shapes, webhook_shapes, and beside their handlers     what a client sends
query, body                     reading query strings and bodies
exchange    lines in and out at the same time
answers, answer_examples, openapi     the schemas of the answers, examples of them, the document
json_text   long answers, written piece by piece

To add an endpoint:

1. Say what it takes: a `Shape` for its query string or body, beside the handler, with a description for each field.
   `mailpixel.reading.shapes` shows how. Checks, errors and documentation follow from it.
2. Write the handler, a function of `Call`, in the file of its noun. It returns a JSON value.
3. Describe its answer in `answers` and add a row to the table in `routes`. The row is the route, the key's scope and
   the entry in the OpenAPI document.
4. Test it in `tests/integration/test_api_*.py`. `tests/e2e/test_openapi.py` tries it with made-up requests by itself.
"""

from mailpixel.server.api.routes import ENDPOINTS, ROUTES
from mailpixel.server.errors import EXCEPTION_HANDLERS

__all__ = ["ENDPOINTS", "EXCEPTION_HANDLERS", "ROUTES"]
