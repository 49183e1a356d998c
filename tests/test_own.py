"""A topic's own view: its code comes from an installed plugin, and never out of a data file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mlwidgets as ml
from mlwidgets.errors import ViewError
from mlwidgets.own import inline, modules_of, sha_of, text_of
from mlwidgets.pages.document import source
from mlwidgets.pages.figures import figure_of
from mlwidgets.pages.stills import STILLS, still
from mlwidgets.player import Player
from mlwidgets.registry import registry
from tests.plugins.world import World

POLE = "export default function pole(ctx, kit) {\n  return kit.bare(ctx);\n}\n"
EVIL = "export default function pole() { throw new Error('from the file'); }\n"
STILL = '''
    """The pole where no script runs."""

    def pole(sheet, box):
        sheet.text(box.x, box.y + 14, f"leans {box.values['angle']:g}")
        return 20.0
'''
PLUGIN = '''
    """Pole: it leans."""
    from mlwidgets import Own, algorithm, hookimpl

    @hookimpl
    def mlwidgets_register(registry):
        registry.topic("{name}", "Poles")
        registry.algorithm("{name}.lean", "{module}:lean")

    @algorithm(Own("poleviews:pole.js", "angle", title="Pole", still="polestill:pole"))
    def lean(n: int = 3):
        """Lean: further each time."""
        for k in range(n):
            yield {{"angle": float(k)}}
'''.replace("{{", "{").replace("}}", "}")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(tmp_path, monkeypatch)
    made.write("poleviews/pole.js", POLE)
    made.write("polestill.py", STILL)
    made.add("poles", PLUGIN)
    registry().reload()
    yield made
    made.close()
    text_of.cache_clear()
    monkeypatch.undo()
    registry().reload()


def leaning() -> ml.Run:
    return ml.play("poles.lean").wait()


def test_its_text_comes_once_with_the_figure_and_not_with_the_view(world: World) -> None:
    run = leaning()
    info = Player(run).info
    assert info["views"][0]["module"] == "poleviews:pole.js"
    assert info["modules"] == {"poleviews:pole.js": {"sha": sha_of(POLE), "text": POLE}}
    assert json.dumps(info).count("kit.bare") == 1


def test_a_page_lists_its_script_and_carries_no_other(world: World, tmp_path: Path) -> None:
    leaning().export(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    script = inline(POLE)
    assert source(script) in page.partition("</head>")[0].replace("&#x27;", "'")
    held = re.search(r'data-mlwidgets="info">(.*?)</script>', page, re.DOTALL)
    assert held is not None
    assert json.loads(held[1])["modules"]["poleviews:pole.js"]["text"] == script


def test_a_notebooks_frame_lists_its_script_too(world: World) -> None:
    from mlwidgets.pages.srcdoc import published

    markup = published(leaning())["text/html"]
    assert source(inline(POLE)).strip("'") in markup


def test_a_still_is_drawn_by_the_topics_function(world: World) -> None:
    assert "leans 2" in still(leaning())


def test_each_of_two_views_of_a_module_has_its_own_still(world: World, tmp_path: Path) -> None:
    second = """
    def base(sheet, box):
        sheet.text(box.x, box.y + 14, f"stands at {box.values['foot']:g}")
        return 20.0
    """
    world.write("polestill.py", STILL + second)
    two = 'Own("poleviews:pole.js", "foot", title="Foot", still="polestill:base"))'
    plugin = PLUGIN.replace('still="polestill:pole"))', f'still="polestill:pole"), {two}')
    world.add("poles", plugin.replace('{"angle": float(k)}', '{"angle": float(k), "foot": 7.0}'))
    registry().reload()
    leaning().save(tmp_path / "run.mlw")
    drawn = still(ml.load(tmp_path / "run.mlw"))
    assert drawn.count("leans 2") == drawn.count("stands at 7") == 1


def test_a_still_that_fails_is_told_and_one_of_ours_hides_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> float:
        raise RuntimeError("a fault")

    def one() -> Iterator[dict[str, float]]:
        yield {"x": 1.0}

    run = leaning()
    monkeypatch.setattr("polestill.pole", broken)
    assert "has no still" in still(run)
    monkeypatch.setitem(STILLS, "line", broken)
    with pytest.raises(RuntimeError, match="a fault"):
        still(ml.play(one, views=ml.Line("x")).wait())


def test_its_text_is_read_again_with_the_plugins(world: World) -> None:
    assert text_of("poleviews:pole.js") == POLE
    world.write("poleviews/pole.js", POLE + "// new\n")
    registry().reload()
    assert text_of("poleviews:pole.js") == POLE + "// new\n"


def test_a_file_holds_no_code_and_a_loaded_run_takes_what_is_installed(
    world: World, tmp_path: Path
) -> None:
    leaning().save(tmp_path / "run.mlw")
    assert b"kit.bare" not in (tmp_path / "run.mlw").read_bytes()
    loaded = ml.load(tmp_path / "run.mlw")
    assert figure_of(loaded).scripts == [inline(POLE)]
    assert "leans 2" in still(loaded)


def by_hand(run: ml.Run, **spec: Any) -> ml.Run:
    """A loaded run whose file says more than ours do."""
    from mlwidgets.savefile import end_of, header_of, run_of

    header = header_of(run)
    view = {**header["info"]["views"][0], **spec}
    modules = {view["module"]: {"sha": sha_of(EVIL), "text": EVIL}}
    header["info"] |= {"views": [view], "modules": modules}
    return run_of(run.trace, header, end_of(run._core))


def test_code_in_a_file_is_never_run(world: World) -> None:
    crafted = by_hand(leaning(), text=EVIL, sha=sha_of(EVIL))
    assert figure_of(crafted).scripts == [inline(POLE)]
    assert Player(crafted).info["modules"]["poleviews:pole.js"]["text"] == POLE


def test_a_notebook_that_is_published_as_saved_brings_no_code_either(world: World) -> None:
    from mlwidgets.publish.saved import saved

    run = leaning()
    player = Player(run)
    traits = {name: getattr(player, name) for name in ("info", "state", "first", "_chunks")}
    traits["info"] |= {"modules": {"poleviews:pole.js": {"sha": sha_of(EVIL), "text": EVIL}}}
    made = saved(traits)
    assert [*made.scripts] == [inline(POLE)]
    assert "from the file" not in made.markup


def test_a_file_cannot_name_what_no_installed_algorithm_names(world: World) -> None:
    world.write("elsewhere/other.js", POLE)
    world.write("armed.py", "raise SystemExit('imported by a file')\ndef fire(sheet, box): ...")
    crafted = by_hand(leaning(), module="elsewhere:other.js", still="armed:fire")
    assert modules_of(crafted, crafted.views) == {}
    assert "leans" not in still(crafted)  # and nothing was imported
    kept = by_hand(leaning(), still="armed:fire")
    assert "leans 2" in still(kept)


def test_without_its_topic_a_loaded_view_has_no_code(world: World, tmp_path: Path) -> None:
    run = leaning()
    (world.folder / "poles.dist-info" / "entry_points.txt").unlink()
    registry().reload()
    assert modules_of(by_hand(run), run.views) == {}


@pytest.mark.parametrize(
    ("module", "text", "said"),
    [
        ("poleviews:none.js", None, "has no file 'none.js'"),
        ("nowhere:pole.js", None, "has no file"),
        ("poleviews", None, "must be package.module:file.js"),
        ("poleviews:../x.js", None, "must be package.module:file.js"),
        ("poleviews:a.js", "const x = 1;", "one line that begins with `export default function`"),
        ("poleviews:b.js", "import x from './x.js';\n" + POLE, "imports nothing"),
        ("poleviews:c.js", POLE + "export const x = 1;\n", "must be one file"),
        ("poleviews:d.js", POLE + "/" * 200_000, "has 200,0"),
    ],
)
def test_a_module_that_does_not_fit_is_told_in_its_place(
    world: World, module: str, text: str | None, said: str
) -> None:
    if text is not None:
        world.write(module.replace(":", "/"), text)

    def lean() -> Iterator[dict[str, float]]:
        yield {"angle": 1.0}

    run = ml.play(lean, views=ml.Own(module, "angle"))
    assert said in modules_of(run, run.views)[module]["fault"]
    assert figure_of(run).scripts == []
    with pytest.raises(ViewError):
        text_of(module)


def test_what_its_options_may_not_be_called() -> None:
    with pytest.raises(ViewError, match="takes no option 'kind'"):
        ml.Own("poleviews:pole.js", "angle", kind="line")


def test_its_options_are_json() -> None:
    with pytest.raises(ViewError, match="coat= is a set, must be what JSON can say"):
        ml.Own("poleviews:pole.js", "angle", coat={"red"})


def test_its_repr_can_be_typed_back() -> None:
    view = ml.Own("poleviews:pole.js", "angle", coat="error")
    assert repr(view) == "Own('poleviews:pole.js', 'angle', coat='error')"
    assert view.to_json()["coat"] == "error"
