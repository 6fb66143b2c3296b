"""What a request gives away of who sent it, for mail and web sites alike: agents, browsers, networks, facts."""
