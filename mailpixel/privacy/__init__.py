"""What a person may ask for: not to be tracked, to see what is kept, to be erased."""
