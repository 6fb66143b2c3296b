"""Figures and events become reports. No clock, and no I/O but in `export`, `timeline` and `recipients`, which read.

summary      one campaign in numbers: the contract of `GET /api/campaigns/{id}/summary`
clients      programs and devices
estimate     how many opened when mail programs hide it
timeline     counters by hour or day in any time zone
links        rows by link, and a campaign as JSON
recipients   rows by recipient
explanation  one message with its verdicts and reasons
sources      sources that followed links of many recipients
export       every event with its verdict, and every delivery
answer       what a report gives to programs
tables       rows as NDJSON or CSV
moments      moments as text
zones        time zones, and local times
"""
