"""History judged outside the service: labelled scenarios to measure the rules by, access logs to learn
from.
"""

from mailpixel.classify.replay.access_log import LogShape, read_log
from mailpixel.classify.replay.outcome import Replayed, replay
from mailpixel.classify.replay.scenario import Scenario, read_scenario
from mailpixel.classify.replay.score import Score, score

__all__ = ["LogShape", "Replayed", "Scenario", "Score", "read_log", "read_scenario", "replay", "score"]
