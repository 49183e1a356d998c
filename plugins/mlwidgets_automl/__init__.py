"""AutoML: searching for models and their settings."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("automl", "AutoML", extra="mlwidgets[automl]")
