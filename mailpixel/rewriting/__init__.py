"""Rewriting for real: templates and messages tracked with a campaign's keys, and their links registered."""

from mailpixel.rewriting.rewriter import Rewriter, Rewritten, rewriter_of

__all__ = ["Rewriter", "Rewritten", "rewriter_of"]
