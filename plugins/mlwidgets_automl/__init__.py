"""AutoML: searching for models and their settings."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("automl", "AutoML", extra="mlwidgets[automl]")
    registry.algorithm(
        "automl.gp", "mlwidgets_automl.gp:gp", reference="mlwidgets_automl.references:sklearn_gp"
    )
    registry.algorithm(
        "automl.acquisition",
        "mlwidgets_automl.acquisition:acquisition",
        reference="mlwidgets_automl.references:botorch_line",
    )
    registry.algorithm(
        "automl.bo",
        "mlwidgets_automl.bo:bo",
        reference="mlwidgets_automl.references:botorch_search",
    )
