"""MLOps: models in service."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("mlops", "MLOps", extra="mlwidgets[mlops]")
