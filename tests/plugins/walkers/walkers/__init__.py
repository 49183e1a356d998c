"""Walkers: a stranger's topic, and one more algorithm for a topic that is not theirs."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("walk", "Random walks")
    registry.algorithm("walk.drunkard", "walkers.drunkard:drunkard")
    registry.algorithm("rl.drunkard", "walkers.drunkard:drunkard")
