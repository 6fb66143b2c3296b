"""Tracking inside what people send mail with already: a Jinja2 block, a Django e-mail backend. Django's is an extra."""
