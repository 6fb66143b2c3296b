"""What ESPs report about deliveries, one reader per ESP. Pure."""
