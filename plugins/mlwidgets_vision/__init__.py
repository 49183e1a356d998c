"""Vision: filters, features, networks that see."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("vision", "Vision", extra="mlwidgets[vision]")
    registry.algorithm(
        "vision.conv2d",
        "mlwidgets_vision.conv2d:conv2d",
        reference="mlwidgets_vision.references_conv2d:summed_by_torch",
    )
    registry.algorithm(
        "vision.cnn_digits",
        "mlwidgets_vision.cnn_digits:cnn_digits",
        reference="mlwidgets_vision.references:trained_by_torch",
    )
