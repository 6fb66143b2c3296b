"""Figures, hits and jobs of a campaign as they change, for whoever listens.

hub         looks for news while anybody listens, and wakes those whom it concerns
feed        what the listeners of one campaign share
listener    one listener: what it wants, and what it has had
news        what the store and the jobs say, as the text of a stream
stream      the answer that a listener reads
permission  whether a listener may still listen
frames      events as the text of a stream (server-sent events)
"""
