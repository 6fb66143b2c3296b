"""`python -m mailpixel`."""

from mailpixel.cli import main

main()
