"""What web sites are measured by: funnels, what mail led to, and whether the measuring itself is sound.

Reads what was folded, and no clock.

ways            how far one visitor went along steps
funnel_count    all visitors along the steps of a funnel
funnel          the funnel of a site, with what is not known about it
touches         which visits a campaign led to
window          lengths of time as text
blind_spot      orders that no page reported
"""
