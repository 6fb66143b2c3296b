"""Webhooks: events are posted to receivers as soon as their verdicts have settled.

webhooks     what people do with webhooks: add, change, rotate the secret, replay, remove
trial        a test post, and the answer
checks       what a webhook may be: its name, URL, events
signing      signatures and ids by Standard Webhooks; secrets as text
sealing      secrets as they are stored
payloads     events as the bodies of posts
chosen       which events a webhook wants
addresses    which addresses may be reached
resolving    the addresses of a host
network      connections to checked addresses only
sender       one post and what came of it
window       posts under way, and how far the log is done with
pauses       how long to wait after failures
source       the next events of the log that a webhook wants
round        one round of posts, until nothing is left or the receiver is down
notes        what is written down of posts
around       what the consumers work with
letters      refused events, tried again
delivering   the consumer of one webhook: reads, posts, moves on
erased       notifies receivers that people were erased
destinations where the links of a campaign lead
at_work      the consumers of all webhooks, as they come and go
"""
