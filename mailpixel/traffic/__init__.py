"""What a request reveals about its sender, for mail and web sites alike: agents, browsers, networks, facts."""
