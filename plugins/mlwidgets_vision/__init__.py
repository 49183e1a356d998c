"""Vision: filters, features, networks that see."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("vision", "Vision", extra="mlwidgets[vision]")
