"""Natural language: tokenizers, embeddings, attention and decoding."""

from mlwidgets import hookimpl
from mlwidgets.plugin import Registration


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("nlp", "Natural language", extra="mlwidgets[nlp]")
