"""Turns figures and events into reports. None reads a clock.

Only `export`, `timeline`, `recipients`, `consents`, `rows` and `person`, `person_sites` and `readiness` read a store.

summary      one campaign in numbers: the contract of `GET /api/campaigns/{id}/summary`
reporting    the same, links and timelines, by the modes in force and what the signers counted
signed_people  who was signed for by name, and why others were not
clients      programs and devices
estimate     how many opened when mail programs hide it
wording      the open rate in sentences
parts        who fetched: people, proxies, privacy prefetches, machines
comparison   two campaigns in sentences
course       two campaigns by hours since sending
timeline     counts by hour or day in any time zone
links        rows by link, and a campaign as JSON
record       the record of processing
retention    how long each kind is kept, and what there is of it
recipients   rows by recipient
explanation  one message with its verdicts and reasons
visits       why a visit to a site has its verdict, and visits by day
sources      sources that followed links of many recipients
export       every event with its verdict, and every delivery
person       everything that is stored about one person; person_sites: their visits and orders
readiness    what speaks against sending a campaign; destinations: where its links lead
erasures     the proof of an erasure
mails        what is kept of a campaign's mail
sites        web sites; order: one order
shared       the figures that a share shows
shares       shares for programs and tables
consents     what people agreed to or refused, and what they said when
inbound      sources of delivery reports for programs
webhooks     webhooks and refused events for people and programs
site_checks  what would become of an envelope of a web site
site_console the last envelopes of a web site for programs and people
site_words   what the words for envelopes of a web site mean
sheet        the figures of a campaign as one table for spreadsheets
rows         events or recipients to export, by page; parquet: their typed columns
answer       the base class of reports as JSON
tables       rows as NDJSON or CSV
moments      moments as text, and text as moments
zones        time zones, and local times
"""
