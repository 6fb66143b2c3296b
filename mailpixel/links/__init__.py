"""Signed links for mail: keys, tokens, URLs, and the rewriting of what a sender sends.

    claims to URLs and back     keyring, signature, token_format, token, surfaces, urls; minter for all of one campaign
    secrets in the database     sealed
    where links may lead        destination, passthrough, hosts
    clicks carried to a site    click_id, carrying
    what is not a link yet      fields, field_patterns, merge_tag
    a text rewritten            html, text, splicing/
    a message rewritten         mime, parts/
    a list of recipients        lists/

Each imports only what stands below it; the layers are in `pyproject.toml`.
"""
