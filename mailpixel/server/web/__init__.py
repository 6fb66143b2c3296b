"""The web pages: who is signed in, and one handler per page."""
