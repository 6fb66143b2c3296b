"""The splice: a text is read once, cut at its links and the pixel, and joined for each recipient."""
