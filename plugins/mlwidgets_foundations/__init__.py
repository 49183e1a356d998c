"""Foundations: the methods everything else stands on."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("foundations", "Foundations", extra="mlwidgets[foundations]")
