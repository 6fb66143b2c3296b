"""The log of events, the states folded from it, and the registry of what people set up.

store             what a store offers: the sum of log, consumers, projections, changes, erasure
log               events, written in groups and read by whole messages
event_check       what is refused of an event
evidence_bound    bounds the hits with a broken signature that are logged a day
expansion         takes spooled hits, with how far their files were read
consumers         named readers of the log: their news and their positions
projections       states folded from the log, and the figures made of them
site_projections  visits and orders folded from the log, and which clicks of mails they used
order_sums        how many orders of each kind there are, and what they are worth
order_holders     whose an order is that browsers of several visitors reported
changes           which campaigns have other figures than before
aggregates        counts of campaigns without recipients
erasure           removes a person
tombstones        keep an erased person out
details           drops what was needed to judge old hits
retention         removes what is old, and keeps its figures
salts             what the tags of hits are made with, one a day
registry          what a registry offers: the sum of campaigns, keys, leases, consent, and its news
campaigns         campaigns and links
campaign_changes  what follows from a change of a campaign
consents          what people said about being measured, and the texts they saw
opt_outs          people who refuse opens and clicks
sites             web sites
shares            addresses that show the figures of one campaign
sign_ins          links that sign in, and sessions
erasures          which erasures are not finished, and which workers know of them
inbound           sources of delivery reports, and what they may send once
mails             the mail of a campaign as it was registered
overrides         reasons against sending that somebody decided do not count
signings          how many recipients were signed for, and how
privacy_choice    the modes that the operator chose
keys              API keys, and the ids and fingerprints of signing keys
leases            which process runs a consumer
webhooks          receivers of events, how posting to them goes, and what they refused
lifecycle         what every store and registry does with its open files
traces            finds what an erasure left, in longer texts
measures          what a message adds to the counters
shown, standing   what a message's hits show
verdict_codes     the verdict of a hit in eight bytes
memory, sqlite    the stores
"""
