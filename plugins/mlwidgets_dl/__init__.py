"""Deep learning: layers, optimizers, training."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("dl", "Deep learning", extra="mlwidgets[dl]")
