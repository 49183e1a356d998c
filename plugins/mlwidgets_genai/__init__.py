"""Generative models: what they learn to draw, and how."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("genai", "Generative AI", extra="mlwidgets[genai]")
    registry.algorithm(
        "genai.ddpm",
        "mlwidgets_genai.ddpm:ddpm",
        reference="mlwidgets_genai.references:by_diffusers",
    )
