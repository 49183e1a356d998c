"""Deep learning: networks, their gradients, what makes them train."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("dl", "Deep learning", extra="mlwidgets[dl]")
    registry.algorithm(
        "dl.mlp", "mlwidgets_dl.mlp:mlp", reference="mlwidgets_dl.references:by_torch"
    )
    registry.algorithm(
        "dl.backprop",
        "mlwidgets_dl.backprop:backprop",
        reference="mlwidgets_dl.references:autograd",
    )
