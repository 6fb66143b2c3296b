"""The log of events, what was folded from it, and the registry of what people set up."""
