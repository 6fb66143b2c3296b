"""An SMTP relay that tracks marked mail on its way to the server that sends it. Needs the extra `relay`."""
