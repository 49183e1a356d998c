"""Foundations: the methods everything else stands on."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("foundations", "Foundations", extra="mlwidgets[foundations]")
