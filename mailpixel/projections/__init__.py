"""Folds judged events into states and counts, which can be dropped and rebuilt from the log."""
