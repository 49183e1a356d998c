"""AutoML: searching for models and their settings."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("automl", "AutoML", extra="mlwidgets[automl]")
