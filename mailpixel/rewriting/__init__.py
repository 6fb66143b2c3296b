"""Rewriting for real: templates and messages tracked with a campaign's keys, and their links registered."""

from mailpixel.rewriting.of_campaign import rewriter_of
from mailpixel.rewriting.rewriter import Rewriter, Rewritten

__all__ = ["Rewriter", "Rewritten", "rewriter_of"]
