"""Study: questions, cards and checks."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("study", "Study")
