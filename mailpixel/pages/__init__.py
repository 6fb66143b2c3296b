"""Pages for campaign managers: what they show, as HTML and SVG. Pure: no store, no clock, no request."""
