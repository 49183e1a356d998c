"""MLOps: models in service."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("mlops", "MLOps", extra="mlwidgets[mlops]")
    registry.algorithm(
        "mlops.ks",
        "mlwidgets_mlops.ks:ks",
        reference="mlwidgets_mlops.references_drift:ks_compared",
    )
    registry.algorithm(
        "mlops.psi",
        "mlwidgets_mlops.psi:psi",
        reference="mlwidgets_mlops.references_drift:psi_compared",
    )
    registry.algorithm(
        "mlops.drift_system",
        "mlwidgets_mlops.drift_system:drift_system",
        reference="mlwidgets_mlops.references_drift:drift_compared",
    )
    registry.algorithm(
        "mlops.fastapi",
        "mlwidgets_mlops.service:fastapi",
        reference="mlwidgets_mlops.references_fastapi:service_compared",
    )
