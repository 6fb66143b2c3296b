"""Hit in, outcome out: verify, minimise, append. The only room that knows the write order.

intake      what becomes of one request on a tracking URL
caps        how often a message was hit today
identity    event ids
directory   what the hot path knows of campaigns, in memory
committer   group commit
"""
