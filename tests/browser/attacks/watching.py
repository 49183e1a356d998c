"""Watching a page for what hostile text might do: run, open a dialog, fetch from outside."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Dialog, Page

HITS = "globalThis.hits = 0; globalThis.hit = () => { globalThis.hits += 1; };"

# Every text of the players on the page, by the place where it stands.
SHOWN = """() => {
  const places = {
    title: "header h3", watch: "header .watch", cite: "header .cite", tries: ".try button",
    labels: "label, .param .name", words: ".how dt, .how dd, .how p", choices: "option",
    captions: "figcaption b", notes: "figcaption", paragraphs: "p.words", tokens: "p.words .token",
    names: "table th", alert: "[role=alert] p", status: "[role=status] .note", line: "footer .line",
    equations: ".say", cells: "table td", kinds: "fieldset.kinds label", trace: "[role=alert] pre",
    tabled: "caption",
  };
  const hosts = [...document.querySelectorAll(".mlwidgets")];
  return hosts.filter((host) => host.shadowRoot?.querySelector(".player")).map((host) => {
    const root = host.shadowRoot;
    const found = {};
    for (const [name, query] of Object.entries(places)) {
      found[name] = [...root.querySelectorAll(query)].map((node) => node.textContent);
    }
    found.fields = [...root.querySelectorAll("input[type=text], textarea")].map((n) => n.value);
    const named = [...root.querySelectorAll("[aria-label]")];
    found.named = named.map((node) => node.getAttribute("aria-label"));
    const made = "script, img, iframe, object, embed, link, meta, base";
    const built = [...root.querySelectorAll(made)];
    found.built = built.map((node) => node.outerHTML);
    const own = (a) => a.name.startsWith("on") || /^\\s*javascript:/i.test(a.value);
    const acting = [...root.querySelectorAll("*")].filter((n) => [...n.attributes].some(own));
    found.acting = acting.map((node) => node.outerHTML);
    return found;
  });
}"""


# The data behind every figure, and the boards that can be painted.
UNFOLD = """() => {
  for (const host of document.querySelectorAll(".mlwidgets")) {
    const buttons = host.shadowRoot?.querySelectorAll("button[aria-expanded=false].more") ?? [];
    buttons.forEach((button) => button.click());
    host.shadowRoot?.querySelectorAll("button.act[aria-label$='Paint…']").forEach((b) => b.click());
  }
}"""


class Watch:
    """What the pages of a context did while they showed hostile text."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.outside: list[str] = []
        self.dialogs: list[str] = []
        context.add_init_script(HITS)
        context.on("request", lambda request: self._asked(request.url))
        context.on("dialog", self._opened)

    def _asked(self, url: str) -> None:
        if "outside.invalid" in url:
            self.outside.append(url)

    def _opened(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # JupyterLab's own: leave this page?
            self.dialogs.append(dialog.message)
            dialog.dismiss()

    def provoke(self, page: Page) -> None:
        """Focus, hover and press whatever is there."""
        page.evaluate(
            """() => {
              const roots = [document, ...[...document.querySelectorAll(".mlwidgets")]
                .map((host) => host.shadowRoot).filter(Boolean)];
              for (const root of roots) {
                for (const node of root.querySelectorAll("*")) {
                  for (const kind of ["mouseover", "focus", "animationstart", "toggle", "error"]) {
                    node.dispatchEvent(new Event(kind));
                  }
                }
                const links = root.querySelectorAll("a[id=clickme], a[href^='javascript']");
                links.forEach((a) => a.click());
              }
            }"""
        )

    def hits(self, page: Page) -> int:
        return int(page.evaluate("() => globalThis.hits ?? -1"))

    def is_clean(self, page: Page) -> None:
        self.provoke(page)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert (self.hits(page), self.dialogs, self.outside) == (0, [], [])


def unfold(page: Page) -> None:
    page.evaluate(UNFOLD)


def shown(page: Page) -> list[dict[str, Any]]:
    return list(page.evaluate(SHOWN))
