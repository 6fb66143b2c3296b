"""What a web site tells: envelopes, its tracking plan, consent, the visitor of a day, and the script."""
