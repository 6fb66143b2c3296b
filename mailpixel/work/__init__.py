"""Runs every consumer of the log side by side: what `mailpixel work` does."""
