"""Pages for campaign managers: what they show, as HTML and SVG. Pure: no store, no clock, no request.

render        a template with its values, as HTML
frame         what every page shows around its content: who is signed in, navigation, notices
static        the style sheets and scripts, each with a name that changes with its content
numbers       numbers, rates and moments as people read them
figures_table   all figures with their definitions
charts        charts as SVG
templates     one HTML file a page, each extends `base.html`, and those of a campaign `campaign.html`
"""

from mailpixel.pages.frame import Frame
from mailpixel.pages.render import render

__all__ = ["Frame", "render"]
