"""The JSON API.

routes      the table of all endpoints; start reading here
endpoint    how a row of the table is run
campaigns, reports, rewrites, streams     the handlers, by noun
fields, query, body             reading what a client sends
exchange    lines in and out at the same time
answers, openapi                the schemas of the answers, the document
"""

from mailpixel.server.api.routes import ENDPOINTS, ROUTES
from mailpixel.server.errors import EXCEPTION_HANDLERS

__all__ = ["ENDPOINTS", "EXCEPTION_HANDLERS", "ROUTES"]
