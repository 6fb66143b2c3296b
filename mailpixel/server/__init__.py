"""HTTP: tracking on the hot path, the API, health and metrics.

app              puts everything together; start reading here. starting: opens what it works with

tracking         one function from a request to its reply and receipt, and what to do with the receipt
site_tracking    the same for web sites; site_scripts: their scripts; serving: which surface is served by which
protocol         its first door: inside uvicorn's HTTP protocol
tracking_first   its second door: in front of the ASGI app
request_reader   turns requests into hits; the only reader of their headers
forwarded        the client's address behind proxies
replies          the answers to hits

connection       one HTTP connection with bounds; parsing: its requests; ahead: bytes sent ahead of an answer
                 tap: reading in pieces; bounds, deadline, connection_ending, request_body, upgrades: its parts
door             how many connections a worker keeps open; descriptors: how many it can open
api, auth        the JSON API, and who may use it; session: who is signed in in a browser
choice           the page on which a person decides about measurement; choosing: what it shows and does
report_log       logs deliveries, bounces and complaints, or only counts them
before_sending   whether a campaign is ready to be sent; site_visits: one visit of a site
inbound          reports of ESPs; inbound_notes: keeps whether the posts of each are taken or refused
reader_pages     the pages that readers of mail see; errors: errors for programs and for readers
demonstration_shop  the pages of the demonstration shop
site_files       robots.txt and the files of app links; static_files: style sheets and scripts
web              the pages for campaign managers; wrong_keys: how often a wrong key may be tried
manual           the manual at /docs; web_hosts: the hosts on which pages answer
health           /healthz, /readyz, /metrics; metrics: what is counted; metrics_access: who may read it
                 stored_metrics: what other processes do, read from the store
                 grafana: a dashboard of them; shared_metrics: a folder for those of several workers
site_console     shows the last envelopes of web sites, of all processes
live             streams of figures, hits and jobs as they change
signing          lists that are signed behind the scenes
exports          rows as a file to download: CSV, NDJSON, Parquet
observing        tells observers what became of each request; access_log: writes a line; traced: makes a span
services         what the handlers work with; refreshing: keeps it fresh; threads: for blocking work
worker_note      says in the database what this process knows
supervisor       the web processes and the fold; workers: how the web processes run and end
                 listening: the socket, and how it outlives a restart
"""
