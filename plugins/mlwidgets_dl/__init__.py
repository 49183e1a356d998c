"""Deep learning: layers, optimizers, training."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("dl", "Deep learning", extra="mlwidgets[dl]")
