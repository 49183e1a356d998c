"""MLOps: models in service."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("mlops", "MLOps", extra="mlwidgets[mlops]")
