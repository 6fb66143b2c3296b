"""Judges history outside the service: labelled scenarios that measure the rules, and access logs to learn from."""

from mailpixel.replay.access_log import LogShape, read_log
from mailpixel.replay.replayed import Replayed, replay
from mailpixel.replay.scenario import Scenario, read_scenario
from mailpixel.replay.score import Score, score

__all__ = ["LogShape", "Replayed", "Scenario", "Score", "read_log", "read_scenario", "replay", "score"]
