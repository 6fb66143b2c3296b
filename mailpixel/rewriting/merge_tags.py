"""Merge tags as services write them, to choose from; the page on templates in the manual says where the token goes."""

from typing import NamedTuple


class MergeTagPreset(NamedTuple):
    """A merge tag, and the services that write it so."""

    tag: str
    services: str


MERGE_TAGS: tuple[MergeTagPreset, ...] = (
    MergeTagPreset("*|MP|*", "Mailchimp"),
    MergeTagPreset("{{mp}}", "SendGrid, Amazon SES, Mailgun's stored templates (Handlebars)"),
    MergeTagPreset("{{ mp }}", "Postmark, Jinja2, Django"),
    MergeTagPreset("%recipient.mp%", "Mailgun's recipient variables"),
    MergeTagPreset("{{ contact.MP }}", "Brevo"),
    MergeTagPreset("{{ person|lookup:'mp' }}", "Klaviyo"),
    MergeTagPreset("{{customer.mp}}", "Customer.io (Liquid)"),
)
"""As the recipes of the manual have them. Any other tag may be typed."""
