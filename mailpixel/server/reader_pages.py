"""The few pages that a reader of mail may see: plain HTML that loads nothing else."""

from html import escape

_FRAME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
  :root {{ --ground: #fff; --text: #1c2530; --accent: #1c5d99; --on-accent: #fff; --code: #eef2f6 }}
  @media (prefers-color-scheme: dark) {{
    :root {{ --ground: #14191f; --text: #e6ebf0; --accent: #8cc4f5; --on-accent: #10202e; --code: #26303a }}
  }}
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; background: var(--ground); color: var(--text) }}
  main {{ max-width: 34rem; margin: 15vh auto; padding: 0 1rem }}
  h1 {{ font-size: 1.5rem }}
  button {{ font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: .4rem; color: var(--on-accent);
           background: var(--accent); cursor: pointer }}
  a:focus-visible, button:focus-visible {{ outline: 3px solid var(--text); outline-offset: 2px }}
  code, pre {{ background: var(--code); border-radius: .3rem; padding: .1rem .3rem }}
  a {{ color: var(--accent) }}
</style>
<main>
<h1>{title}</h1>
{body}
</main>
</html>
"""


def page(title: str, body: str) -> bytes:
    """A page with a title (any text) and a body (trusted HTML), as UTF-8."""
    return _FRAME.format(title=escape(title), body=body).encode()


NOT_FOUND_PAGE = page(
    "This link does not work",
    "<p>The link may be incomplete or changed. Open it again from the e-mail, or ask the sender.</p>",
)
ERROR_PAGES = {
    404: page(
        "Page not found",
        "<p>If you came here from an e-mail, the link may be incomplete or changed. "
        "Open it again from the e-mail.</p>",
    ),
    405: page(
        "This request is not possible",
        "<p>Go back and try again, or open the link from the e-mail again.</p>",
    ),
    500: page(
        "Something went wrong on our side",
        "<p>Please try again in a few minutes.</p>",
    ),
}
"""The page that a reader sees, by status. Other statuses use the page of 500."""
