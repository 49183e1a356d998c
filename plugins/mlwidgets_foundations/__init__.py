"""Foundations: the methods everything else stands on."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("foundations", "Foundations", extra="mlwidgets[foundations]")
    registry.algorithm(
        "foundations.kmeans",
        "mlwidgets_foundations.kmeans:kmeans",
        reference="mlwidgets_foundations.references:lloyd_by_sklearn",
    )
