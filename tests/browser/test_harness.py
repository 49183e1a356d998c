"""The harness itself, on plain ipywidgets and anywidget: what the players' tests stand on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, wait_until

COUNTER = '''
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = """
    export default {render({model, el}) {
      const root = el.attachShadow({mode: "open"});
      const group = document.createElement("div");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", "Counter");
      const button = document.createElement("button");
      const draw = () => { button.textContent = `count ${model.get("count")}`; };
      button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
      model.on("change:count", draw);
      draw();
      group.append(button);
      root.append(group);
    }};
    """
    count = traitlets.Int(0).tag(sync=True)

c = Counter()
c
'''


def test_a_widget_lives_in_the_page_and_in_the_kernel(lab: Lab) -> None:
    book = lab.open([COUNTER])
    book.run(0)
    button = book.player(0).get_by_role("button", name="count 0")
    button.click()
    expect(book.player(0).get_by_role("button")).to_have_text("count 1")
    book.wait_for("c.count", "1")
    assert book.received > 1000, "the widget came over the counted websocket"
    assert book.errors == []


def test_cells_run_in_order_and_their_text_is_seen(lab: Lab) -> None:
    book = lab.open(["x = 20", "print(x + 1)", "x + 2"])
    book.run_all()
    expect(book.output(1)).to_contain_text("21")
    expect(book.output(2)).to_contain_text("22")
    assert book.eval("x") == "20"


def test_an_error_in_a_cell_is_an_error_of_the_test(lab: Lab) -> None:
    book = lab.open(["1 / 0"])
    with pytest.raises(AssertionError, match="cell 0: ZeroDivisionError"):
        book.run(0)
    book.run(0, check=False)
    assert book.outputs(0)[0]["output_type"] == "error"


def test_the_kernel_answers_expressions_and_tells_its_errors(lab: Lab) -> None:
    book = lab.open(["pass"])
    book.exec("name = 'a\\nb' * 2")
    assert book.eval("name") == "a\nb" * 2
    with pytest.raises(AssertionError, match="NameError"):
        book.eval("missing")


def test_a_cell_may_run_while_the_test_goes_on(lab: Lab) -> None:
    begun = 'print("begun", flush=True); go.wait()'  # an interrupt before it would be lost
    book = lab.open(["import threading; go = threading.Event()", begun])
    book.run(0)
    book.run(1, wait=False)
    wait_until(lambda: book.is_running(1), "the cell shows [*]")
    expect(book.output(1)).to_contain_text("begun")
    lab.server.api("POST", f"kernels/{book.kernel_id}/interrupt")
    wait_until(lambda: not book.is_running(1), "the cell has ended")


def test_a_restarted_kernel_has_forgotten(lab: Lab) -> None:
    book = lab.open(["x = 1"])
    book.run(0)
    book.restart_kernel()
    assert book.eval("'x' in globals()") == "False"


def test_a_reload_keeps_the_kernel_and_its_widgets(lab: Lab) -> None:
    book = lab.open([COUNTER])
    book.run(0)
    book.player(0).get_by_role("button").click()
    book.wait_for("c.count", "1")
    book.reload()
    expect(book.player(0).get_by_role("button")).to_have_text("count 1")


def test_the_theme_is_dark_and_light_again(lab: Lab) -> None:
    book = lab.open(["pass"])
    colour = "() => getComputedStyle(document.body).getPropertyValue('--jp-layout-color0')"
    book.theme("dark")
    dark = book.page.evaluate(colour)
    book.theme("light")
    assert book.page.evaluate(colour) != dark


def test_a_page_error_is_kept(lab: Lab) -> None:
    book = lab.open(["pass"])
    book.page.evaluate("() => { setTimeout(() => { throw new Error('told'); }); }")
    wait_until(lambda: bool(book.page.title() and book.errors), "the error arrives")
    assert "told" in book.errors.pop(0)


def test_notebook_7_is_driven_the_same_way(notebook: Lab) -> None:
    book = notebook.open([COUNTER])
    book.run(0)
    book.player(0).get_by_role("button").click()
    expect(book.player(0).get_by_role("button")).to_have_text("count 1")
    book.wait_for("c.count", "1")
