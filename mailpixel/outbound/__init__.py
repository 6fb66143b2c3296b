"""Webhooks: settled events of the log, posted to receivers outside."""
