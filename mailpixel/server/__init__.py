"""HTTP: tracking on the hot path, the API, health and metrics.

app         puts it together; start reading here
processes   the web processes and the fold; workers: how the web ones run and end
protocol    tracking inside the HTTP protocol; connection: its bounds and deadlines; door: how many connections
tracking    pixel and redirect, in front of everything else
hits        the only reader of tracking headers; forwarded: of addresses behind proxies
optout      the "do not track me" page
api, auth   the JSON API
services    what the handlers work with; refreshing: how it is kept fresh; threads: where it may block
health      /healthz, /readyz, /metrics; metrics: what is counted; metrics_access: who may read it
pages       what readers of mail see; errors_to_json: errors for programs, and for readers
site_files  robots.txt and the files of app links
"""
