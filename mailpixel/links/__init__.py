"""Signed links for mail: keys, tokens, URLs, and the rewriting of what a sender sends."""
