"""Search for inputs that break what reads strangers' bytes: `scripts/fuzz [NAME [SECONDS]]`.

targets  what reads bytes, and what must hold of it: a table
search   mutates a kept corpus and keeps what reaches new lines, with atheris where it is installed and without
"""
