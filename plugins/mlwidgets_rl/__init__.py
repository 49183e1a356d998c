"""Reinforcement learning: agents that learn by acting."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("rl", "Reinforcement learning", extra="mlwidgets[rl]")
    registry.algorithm(
        "rl.q_learning",
        "mlwidgets_rl.q_learning:q_learning",
        reference="mlwidgets_rl.references:q_learned",
    )
    registry.algorithm(
        "rl.ppo",
        "mlwidgets_rl.ppo:ppo",
        reference="mlwidgets_rl.references_ppo:stepped",
    )
