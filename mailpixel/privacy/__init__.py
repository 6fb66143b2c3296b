"""People's privacy: not being tracked, seeing what is kept, being erased; and keeping little in the first place."""
