"""Words for driving a player: all is found by role and accessible name, as a reader finds it."""

from __future__ import annotations

import base64
import re

from playwright.sync_api import Locator, expect

from tests.browser.lab import Book, wait_until

LOAD = "%load_ext mlwidgets\nimport mlwidgets"
PLAY = "run = %ml rl.q_learning\nrun"


class Player:
    """A player on a page. Places are positions of the Frame slider, 0 first."""

    def __init__(self, box: Locator) -> None:
        self.box = box
        self.frame = box.get_by_role("slider", name="Frame", exact=True)
        self.status = box.get_by_role("status").last
        self.alerts = box.get_by_role("alert")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.box.get_by_role("button", name=name, exact=isinstance(name, str))

    def slider(self, name: str) -> Locator:
        return self.box.get_by_role("slider", name=name, exact=True)

    def field(self, name: str) -> Locator:
        return self.box.get_by_role("textbox", name=name, exact=True)

    def choose(self, menu: str, choice: str) -> None:
        self.box.get_by_role("combobox", name=menu, exact=True).select_option(label=choice)

    def view(self, title: str) -> Locator:
        name = re.compile(f"^{re.escape(title)}")
        drawn_on = self.box.get_by_role("application", name=name)
        return self.box.get_by_role("img", name=name).or_(drawn_on)

    def table(self, title: str) -> list[list[str]]:
        """The rows of the table behind a view."""
        toggle = self.button(f"Data table: {title}")
        if toggle.get_attribute("aria-expanded") == "false":
            toggle.press("Enter")
        table = self.box.get_by_role("region", name=f"Data of {title}", exact=True)
        rows = table.get_by_role("row")
        expect(rows.nth(1)).to_be_visible()
        read = "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
        return list(rows.evaluate_all(read))[1:]

    def play(self) -> None:
        self.button("Play").click()
        expect(self.button("Pause")).to_be_visible()

    def pause(self) -> None:
        self.button("Pause").click()
        expect(self.button("Play")).to_be_visible()

    @property
    def place(self) -> int:
        self.show()
        return int(self.frame.input_value())

    @property
    def last(self) -> int:
        """The newest place."""
        self.show()
        return int(self.frame.get_attribute("max") or 0)

    def show(self) -> None:
        """Bring it into sight: what is out of sight is not drawn."""
        self.frame.evaluate("(node) => node.scrollIntoViewIfNeeded()")

    def scrub(self, place: int) -> None:
        self.frame.fill(str(place))
        self.at(place)

    def at(self, place: int) -> None:
        """Wait until the cursor is there."""
        wait_until(lambda: self.place == place, f"the Frame slider is at {place}, not {self.place}")

    def advances(self, by: int = 1) -> None:
        """Wait until the newest place is further."""
        before = self.last
        wait_until(lambda: self.last >= before + by, f"the run goes on from {before}")


def opened(book: Book, i: int, title: str = "Q-learning") -> Player:
    """The player under cell `i`, painted."""
    player = Player(book.output(i).get_by_role("group", name=title, exact=True))
    expect(player.frame).to_be_visible()
    wait_until(lambda: ". " in (drawn(player) or ""), "the first view tells what it shows")
    return player


def drawn(player: Player) -> str | None:
    return player.box.get_by_role("img").first.get_attribute("aria-label")


def settled(book: Book, player: Player, run: str = "run") -> None:
    """Wait until the run stands still and the page has all that it recorded."""
    wait_until(lambda: book.eval(f"{run}.status") != "running", f"{run} stands still")
    length = int(book.eval(f"len({run}.trace)"))
    wait_until(lambda: player.last == length - 1, f"the page has all {length} places")


def colours(of: Locator) -> int:
    """How many colours a part of the page is painted in."""
    return len(pixels(of))


def pixels(of: Locator) -> dict[str, int]:
    """The colours of a part of the page as it is seen, such as "255,255,255", with their counts."""
    return dict(of.page.evaluate(COUNT, base64.b64encode(of.screenshot()).decode()))


COUNT = """async (picture) => {
  const bytes = Uint8Array.from(atob(picture), (c) => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const g = new OffscreenCanvas(image.width, image.height).getContext("2d");
  g.drawImage(image, 0, 0);
  const {data} = g.getImageData(0, 0, image.width, image.height);
  const counts = {};
  for (let k = 0; k < data.length; k += 4) {
    const colour = data.slice(k, k + 3).join();
    counts[colour] = (counts[colour] ?? 0) + 1;
  }
  return counts;
}"""


def number(text: str) -> float:
    """A number as the page writes it."""
    return float(text.replace("−", "-"))
