"""Counts become reports: pure functions of what was folded; no I/O, no clock.

summary      one campaign in numbers: the contract of `GET /api/campaigns/{id}/summary`
estimate     how many opened when mail programs hide it
timeline     counters by hour or day in any time zone
links        rows by link
recipients   rows by recipient
export       every event with its verdict
tables       rows as NDJSON or CSV
moments      moments as text
zones        time zones, and local times
"""

from mailpixel.report.summary import Summary, summarise
from mailpixel.report.timeline import timeline

__all__ = ["Summary", "summarise", "timeline"]
