"""Hit in, outcome out: verify, minimise, append. The only room that knows the write order.

hit             one request on a surface, as seen
intake          what becomes of a hit: the event to log, and where it leads
cases           what the modes in force say of the hits of a campaign, remembered
site_hit        one request of a web site's page, as seen
site_intake     what becomes of it: the events to log
consent_changes which requests change what a visitor agreed to
site_console    the last envelopes of web sites, in memory
site_tally      counts about what sites send now, in memory; site_seen: those of all processes
caps            how often a message was hit today
agent_bounds    how many new user agents a day
knowledge       what deciding about a hit needs to know
live            what a server knows while it runs: signing keys, registry, people, rules
registry_cache  campaigns and API keys in memory
site_cache      web sites in memory
people_cache    what people agreed to, in memory
group           hits that share a commit, and their answers
batches         events of streams, a share of each commit
evidence        hits with a broken signature
committer       group commit
writer          the thread that writes, until the store takes it
held            hits that are counted without their recipients, while they wait for others of their source
reports         which deliveries, bounces and complaints are logged, and which only counted
counting        the thread that judges and counts them
sns_certificates    what is fetched from Amazon SNS to check reports of ESPs
"""
