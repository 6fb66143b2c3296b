"""What a person may ask for: not to be tracked, to see what is kept, to be erased; and how little is kept at all."""
