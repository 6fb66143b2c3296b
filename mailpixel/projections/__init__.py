"""Judged events folded into states and counts that can be dropped and rebuilt from the log."""
