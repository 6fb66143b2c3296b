"""What web sites are measured by: funnels, what mail led to, and whether the measuring itself is sound.

Reads what was folded, and no clock.

ways            how far one visitor went along steps
funnel_count    all visitors along the steps of a funnel
funnel          the funnel of a site, with what is not known about it
customers       orders whose customer the server named, by their last click
touches         which visits a campaign led to
window          lengths of time as text
blind_spot      orders that no page reported
results         what a campaign led to on web sites
reconciliation  orders of pages beside orders of the server
evidence        what lint counts in one pass over visits
lint            rules about faults of events
figures         figures about events, each with its formula
console         figures about what pages send now
overview        a site at a glance
latest          from when on to read visits, so that at most some are read
page_views      how often each page was viewed on each day
ready           whether a campaign is ready to be sent, with the faults of its sites
"""
