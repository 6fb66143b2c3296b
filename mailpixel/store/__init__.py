"""The log of events, what was folded from it, and the registry of what people set up.

protocol          what a store can be asked: the sum of log, consumers, projections, erasure
log               events written in groups and read by whole messages
consumers         named readers of the log: their news, and what they are done with
projections       states folded from the log, and the figures made of them
erasure           a person taken out; tombstones: what keeps them out
registry          what a registry can be asked: the sum of campaigns, keys, leases, opt-outs, and its news
campaigns         campaigns and links; campaign_changes: what a change of one means
keys              keys of the API, and what is remembered of signing keys
leases            which process runs a consumer
lifecycle         what every store and registry does with its open files
measures          what a message adds to the counters; shown and standing: what its hits show
verdict_codes     what was judged of a hit, in eight bytes
memory, sqlite    the stores
"""
