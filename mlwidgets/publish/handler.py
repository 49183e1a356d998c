"""What the live deck's server answers with: the deck, to whoever has the token."""

from __future__ import annotations

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import authenticated


class Deck(JupyterHandler):
    """The page, for GET."""

    def initialize(self, text: str) -> None:
        self._text = text

    @authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(self._text)
