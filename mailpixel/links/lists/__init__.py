"""Lists of recipients in, rows of links out."""
