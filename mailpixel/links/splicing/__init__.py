"""The splice: reads a text once, cuts it at its links and the pixel, and joins it for each recipient.

read      html_text, parsed, conditional, charset, pixel
decide    options, own, no_track, leaving, shown_domain, link_policy, label
write     draft (slots and skipped links), template (pieces and slots), plan (what the caller holds)
"""
