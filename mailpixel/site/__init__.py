"""What a web site tells, read without trust. Nothing here does any input or output.

envelope    the body of a post: its outcome, its consent, its events      start here
plain       the short way for page views without a flaw
gif         the query of an image, which says the same in less
orders      one line of what a shop's server reports
outcomes    what a reading gives, and what it must know of the request
refusals    the words for events that are refused
event       one event to the step that the log keeps, and the claim of a purchase
names       the names of events, and what is wanted of each
fields      the data of an event        items, money, scalars: its parts
pages       addresses of pages: whose they are, and what of them is kept
personal    whether a text holds an e-mail address, in any spelling
consent     the purposes in force       tcf: the strict reader of the IAB's strings
json_text   JSON with exact numbers
visitor     the key of the visitor of a day
snippets    what is pasted into pages, Tag Manager and servers
script      the script of web pages, and its settings for one site
data        currencies
"""
