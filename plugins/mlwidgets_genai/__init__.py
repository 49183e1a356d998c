"""Generative models: text, images, agents."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("genai", "Generative models", extra="mlwidgets[genai]")
