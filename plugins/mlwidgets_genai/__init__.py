"""Generative models: text, images, agents."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("genai", "Generative models", extra="mlwidgets[genai]")
