"""The parts of an RFC 5322 message, and where each stands in its bytes."""
