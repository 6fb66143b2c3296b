"""HTTP: tracking on the hot path, the API, health and metrics.

app         puts it together; start reading here
tracking    pixel and redirect, in front of everything else
hits        the only reader of headers and client addresses
optout      the "do not track me" page
api, auth   the JSON API
health      /healthz, /readyz, /metrics
"""
