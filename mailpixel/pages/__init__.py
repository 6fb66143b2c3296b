"""Pages for campaign managers: what they show, as HTML and SVG. Pure: no store, no clock, no request.

render        a template with its values, as HTML
frame         what every page shows around its content: who is signed in, navigation, notices
static        the style sheets and scripts, each with a name that changes with its content
numbers       numbers, rates and moments as people read them
figures_table   tables of all figures with their definitions, for paper
addresses     the addresses of pages about campaigns
definitions   what each figure means
charts        charts as SVG
campaign_list  the list of campaigns
shared        the overview of a campaign as a share shows it
overview      the overview of a campaign
when          what happened when, as columns over time
recipients    recipients by what they did, and everything that happened to one mail
link_list     the links of a campaign
comparison    two campaigns side by side
mails         the links of a mail with who followed them, and what was left alone
mail_map      the mail of a campaign with shares on its links; mail_css: its styles without what loads
choice        the page on which a person decides about measurement; choice_words: its texts in five languages
webhooks      webhooks, how posting goes and what waits
site_view     a web site, its funnel, and what a campaign led to
templates     one HTML file a page, each extends `base.html`, and those of a campaign `campaign.html`
"""

from mailpixel.pages.frame import Frame
from mailpixel.pages.render import render

__all__ = ["Frame", "render"]
