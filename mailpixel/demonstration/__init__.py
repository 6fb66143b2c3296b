"""A demonstration: campaigns that nobody was sent, with simulated readers and machines.

making      makes, completes and removes them; start reading here
campaigns   which campaigns there are: their links, their size, when they were sent
mailboxes   the population: where people have their mail, how many read and click, and what checks it before
people      what a reader does, and when
machines    what scanners, prefetchers, previews and tools do
clients     the programs behind their requests: user agents and headers
mail.html   the mail of the larger one
shop        the shop that a mail leads to, its site, and the folder of its pages

Nothing is counted by hand: tokens are signed, requests are read and judged, and events are logged and folded by the
code that serves real mail. Only the clock differs.
"""
