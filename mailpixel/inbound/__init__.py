"""What ESPs report about deliveries, one reader for each ESP. Pure.

    reader(post, proof) -> Found | Refusal

| file | what it reads or holds |
|---|---|
| report.py | what a post, its proof and its reports are |
| values.py | JSON, moments and tokens in posts, within bounds |
| postmark.py | Postmark |
| sendgrid.py | SendGrid: ECDSA signatures |
| mailgun.py | Mailgun: HMAC signatures |
| ses.py | Amazon SES through SNS |
| sns.py | messages of Amazon SNS: RSA signatures, certificates, confirmations |
| anymail.py | the normal form of django-anymail, as NDJSON |
| esps.py | the table of ESPs |
| source.py | a source as it is set up: its names, checks and secrets |
"""
