"""Vision: filters, features, networks that see."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("vision", "Vision", extra="mlwidgets[vision]")
    registry.algorithm(
        "vision.cnn_digits",
        "mlwidgets_vision.cnn_digits:cnn_digits",
        reference="mlwidgets_vision.references:trained_by_torch",
    )
