"""Plugins come in one by one; what is broken is named in a line and harms nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlwidgets import Unit, play
from mlwidgets.errors import RegistryError
from mlwidgets.registry import RESERVED, Registry
from tests.plugins.broken import BROKEN
from tests.plugins.world import GOOD, GUEST, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(tmp_path, monkeypatch)
    yield made
    made.close()


def lines_about(registry: Registry, name: str) -> list[str]:
    return [line for line in registry.problems if f"plugin {name!r}" in line]


# what comes in ----------------------------------------------------------------------------


def test_our_topics_come_in_through_entry_points_before_strangers(world: World, root: Path) -> None:
    world.add("aardvark")
    registry = Registry()
    ours = [plugin.name for plugin in registry.plugins if plugin.builtin]
    packages = {folder.name for folder in (root / "plugins").glob("mlwidgets_*")}
    assert {f"mlwidgets_{name}" for name in ours} == packages
    assert [p.name for p in registry.plugins].index("aardvark") >= len(ours)
    assert not [plugin.line for plugin in registry.plugins if plugin.builtin and plugin.problem]


def test_an_item_loads_as_an_algorithm_of_its_registered_name(world: World) -> None:
    world.add("good")
    algorithm = Registry().get("good.count").load()
    assert algorithm.name == "good.count"
    assert [frame["k"] for frame in algorithm(n=2)] == [0, 1]


def test_title_and_summary_are_read_without_importing(world: World) -> None:
    world.add("good", module="deep.sea")
    world.write("deep/__init__.py", "raise RuntimeError('imported')\n")
    world.write("deep/sea.py", '"""Diving: going down.\n\nMore."""\nraise RuntimeError\n')
    item = Registry().get("good.count")
    assert (item.title, item.summary) == ("Diving", "going down")


def test_the_functions_own_docstring_goes_before_its_modules(world: World) -> None:
    world.add("good", '"""A module: of things."""\n' + GOOD.replace("\n    ", "\n"))
    assert Registry().get("good.count").title == "Counting"


def test_an_item_without_a_docstring_is_called_by_its_name(world: World) -> None:
    world.add("good", GOOD.replace('"Counting: one number after another."', "pass"))
    assert Registry().get("good.count").title == "Count"


def test_a_stranger_may_add_to_a_topic_of_ours(world: World) -> None:
    world.add("guest", GUEST, host="rl")
    registry = Registry()
    assert registry.get("rl.guest").distribution == "dist-guest"
    assert registry.get("rl.guest") in registry.of("rl")


def test_a_stranger_may_add_to_a_topic_that_comes_later_in_the_alphabet(world: World) -> None:
    world.add("adds", GUEST, host="zoo")
    world.add("zoo")
    assert {"zoo.guest", "zoo.count"} <= set(Registry().items)


def test_between_strangers_the_first_by_name_keeps_a_topic(world: World) -> None:
    world.add("first")
    world.add("second", GOOD.replace("{name}", "first"))
    registry = Registry()
    assert registry.topics["first"].distribution == "dist-first"
    assert "topic 'first' is dist-first's" in lines_about(registry, "second")[0]


# what does not come in --------------------------------------------------------------------


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_named_in_one_line_and_harms_no_other(world: World, kind: str) -> None:
    source, words = BROKEN[kind]
    for name in ("alongside_before", "zz_alongside_after"):
        world.add(name)
    world.add("broken", source, version="3.7")
    registry = Registry()
    (line,) = registry.problems
    assert line.startswith("plugin 'broken' (dist-broken 3.7) is left out: ")
    assert words in line
    assert "\n" not in line
    assert "halfway" not in registry.topics, "what it registered before its fault is gone"
    for name in ("alongside_before.count", "zz_alongside_after.count"):
        assert registry.get(name).load().name == name


def test_a_keyboard_interrupt_while_plugins_load_goes_through(world: World) -> None:
    world.add("slow", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        Registry()


@pytest.mark.parametrize("verb", RESERVED)
def test_no_topic_is_called_like_a_verb(world: World, verb: str) -> None:
    world.add("rude", GOOD.replace('topic("{name}"', f'topic("{verb}"'))
    registry = Registry()
    assert verb not in registry.topics
    assert f"topic {verb!r}: is a verb of %ml" in registry.problems[0]


def test_strict_raises_with_the_plugins_own_traceback(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add("broken", BROKEN["raises_in_the_hook"][0])
    monkeypatch.setenv("MLWIDGETS_STRICT", "1")
    with pytest.raises(RegistryError, match="plugin 'broken'") as caught:
        Registry()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_block_leaves_plugins_out_by_their_own_or_their_distributions_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add("one")
    world.add("two")
    monkeypatch.setenv("MLWIDGETS_BLOCK", "one, dist-two")
    registry = Registry()
    assert registry.blocked == ("one", "two")
    assert not {"one", "two"} & set(registry.topics)


def test_only_lets_in_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add("one")
    monkeypatch.setenv("MLWIDGETS_ONLY", "one")
    assert set(Registry().topics) == {"one"}


# names that are not there -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("good.cuont", "unknown algorithm 'good.cuont'. Did you mean 'good.count'?"),
        ("good.zzz", "unknown algorithm 'good.zzz'. `%ml good` lists them"),
        ("goood.count", "Did you mean 'good.count'?"),
        ("count", "Did you mean 'good.count'?"),
        ("goood", "Did you mean 'good'?"),
        ("", "unknown algorithm ''"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(world: World, asked: str, said: str) -> None:
    world.add("good")
    with pytest.raises(RegistryError) as caught:
        Registry().get(asked)
    assert said in str(caught.value)


def test_an_unknown_topic_says_when_its_plugin_is_broken(world: World) -> None:
    world.add("fragile", "1 / 0\n")
    with pytest.raises(RegistryError, match=r"unknown topic 'fragile'.*ZeroDivisionError"):
        Registry().get("fragile.x")


def test_a_missing_module_is_answered_with_the_topics_extra(world: World) -> None:
    world.write("needy.py", "import no_such_library\n")
    source = GOOD.replace('"A good topic"', '"A good topic", extra="dist-good[all]"')
    world.add("good", source, module="needy")
    with pytest.raises(RegistryError) as caught:
        Registry().get("good.count").load()
    assert "needs the module 'no_such_library'" in str(caught.value)
    assert 'pip install "dist-good[all]"' in str(caught.value)


def test_a_guests_missing_module_is_not_promised_by_the_hosts_extra(world: World) -> None:
    world.write("needy.py", "import no_such_library\n")
    world.add("guest", GUEST, host="rl", module="needy")
    with pytest.raises(RegistryError) as caught:
        Registry().get("rl.guest").load()
    assert str(caught.value).endswith("needs the module 'no_such_library', which is not installed")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nowhere.at_all:count", "its target 'nowhere.at_all:count' does not exist in dist-good"),
        ("good:cuont", "good has no 'cuont'. Did you mean 'count'?"),
        ("leaving:count", "leaving could not be imported: SystemExit: bye"),
    ],
)
def test_a_target_that_cannot_be_had_is_one_line(world: World, target: str, said: str) -> None:
    world.write("leaving.py", "raise SystemExit('bye')\n")
    world.add("good", GOOD.replace('"{module}:count"', f'"{target}"'))
    with pytest.raises(RegistryError) as caught:
        Registry().get("good.count").load()
    assert said in str(caught.value)


# reading plugins again --------------------------------------------------------------------


def test_reload_takes_up_what_changed(world: World) -> None:
    world.add("good")
    registry = Registry()
    assert list(registry.get("good.count").load()())
    world.add("good", GOOD.replace('{"k": k}', '{"k": k + 100}'), version="1.1")
    world.add("late")
    registry.reload()
    assert next(registry.get("good.count").load()())["k"] == 100
    assert "late.count" in registry.items


HELD = """
    from __future__ import annotations

    from typing import Annotated, TypedDict

    from mlwidgets import Frames, Unit, algorithm

    class First(TypedDict):
        k: Annotated[int, Unit(total="n")]

    class Step(First):
        m: Annotated[int, "nothing"]

    @algorithm
    def count(n: int = 3) -> Frames[Step]:
        "Counting: one number after another."
        for k in range(n):
            yield Step(k=k, m=0)
"""


def test_what_is_held_can_still_be_played_after_a_reload(world: World) -> None:
    world.add("good", GOOD.replace("{module}:count", "held:count"))
    world.write("held.py", HELD)
    registry = Registry()
    held = registry.get("good.count").load()
    registry.reload()
    run = play(held).wait()
    assert run.trace.schema["k"].unit == Unit(total="n")
    assert held.title == "Counting"
    run.close()


@pytest.mark.parametrize("kind", ["does_not_parse", "raises_in_the_hook", "takes_a_topic"])
def test_a_failed_reload_keeps_the_earlier_version(world: World, kind: str) -> None:
    world.add("broken")
    registry = Registry()
    world.add("broken", BROKEN[kind][0], version="1.1")
    registry.reload()
    assert "(dist-broken 1.1) keeps its earlier version: " in registry.problems[0]
    assert len(list(registry.get("broken.count").load()())) == 3
    world.add("broken", version="1.1.1")
    assert registry.reload().problems == []


# the cost -----------------------------------------------------------------------------------


def test_loading_the_registry_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom mlwidgets.registry import registry\nknown = registry()\n"
        "titles = [item.title for item in known.items.values()]\n"
        "heavy = {'torch', 'sklearn', 'numpy', 'anywidget', 'IPython'} & set(sys.modules)\n"
        "sys.exit(f'{heavy} {known.problems}' if heavy or len(known.topics) < 9 else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# a stranger's project, installed by pip -----------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A folder into which pip has installed the stranger's project."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    how = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder)]
    subprocess.run([*pip, *how, str(root / "tests/plugins/walkers")], check=True)
    return folder


@pytest.mark.install
def test_a_strangers_project_is_found_once_pip_has_installed_it(installed: Path) -> None:
    done = run_beside(installed, "list", "walk")
    assert "walk.drunkard" in done.stdout
    assert "where a walker is who turns at random" in done.stdout


@pytest.mark.install
def test_a_strangers_algorithm_runs_in_its_own_and_in_our_topic(installed: Path) -> None:
    for name in ("walk.drunkard", "rl.drunkard"):
        done = run_beside(installed, name, "steps=20", "drift=0.5")
        assert done.returncode == 0, done.stderr
        assert "place" in done.stdout


def test_a_strangers_algorithm_with_two_views_and_three_controls_is_forty_lines(root: Path) -> None:
    files = (root / "tests/plugins/walkers/walkers").glob("*.py")
    code = [line for file in files for line in file.read_text().splitlines() if line.strip()]
    assert len(code) <= 40


def run_beside(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`python -m mlwidgets` with a folder of more distributions on the path."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); from mlwidgets.cli import main"
    command = [sys.executable, "-c", f"{code}; sys.exit(main({list(words)!r}))"]
    return subprocess.run(command, capture_output=True, text=True, check=False)
