"""A frame as a picture for print: as wide as is said, legible; one file that is whole or not."""

from __future__ import annotations

import io
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from mlwidgets import Comparison, Curve, Line, Run, Scatter, compare, play
from mlwidgets.errors import MLError, ParamError, RunError, ViewError
from mlwidgets.pages.pictures import KINDS, LEAST, MM, MOST, UNITS
from mlwidgets.pages.svg import text_width
from tests.stilled import CASES, run_of
from tests.test_run import walk

SVG = "{http://www.w3.org/2000/svg}"
PT = 72 / 96  # of a unit of the drawing
LEGIBLE = 7.0  # pt


@pytest.fixture(scope="module")
def learner() -> Run:
    return play("rl.q_learning", episodes=60).wait()


@pytest.fixture(scope="module")
def pair(learner: Run) -> Comparison:
    return compare(learner, play("rl.q_learning", episodes=60, alpha=0.1).wait())


def drawing(shown: Run | Comparison, folder: Path, **more: object) -> ElementTree.Element:
    shown.picture(folder / "x.svg", **more)  # type: ignore[arg-type]  # what each test is about
    return ElementTree.fromstring((folder / "x.svg").read_text("utf-8"))


def texts(svg: ElementTree.Element) -> list[str]:
    return ["".join(node.itertext()) for node in svg.iter(f"{SVG}text")]


def size(svg: ElementTree.Element) -> tuple[float, float, float]:
    """Width and height in mm, and how many mm a unit is."""
    wide, high = (float(svg.attrib[k].removesuffix("mm")) for k in ("width", "height"))
    return wide, high, wide / float(svg.attrib["viewBox"].split()[2])


# what is not there ------------------------------------------------------------------------


def test_an_empty_curve_leaves_the_others(tmp_path: Path) -> None:
    def two() -> Iterator[dict[str, Any]]:
        yield {"f": np.array([0.0, 1.0, 0.5]), "g": np.zeros(0)}

    said = texts(drawing(play(two, views=Curve("f", "g")).wait(), tmp_path))
    assert {"f", "g"} <= {*said}
    assert not any("no still" in text for text in said)


def test_a_trail_is_not_drawn_over_a_gap(tmp_path: Path) -> None:
    def gone() -> Iterator[dict[str, Any]]:
        way = [[0, 0], [1, 1], [np.nan, 1], [2, 0], [3, 1]]
        yield {"xy": np.zeros((2, 2)), "way": np.array(way)}

    svg = drawing(play(gone, views=Scatter("xy", trail="way")).wait(), tmp_path)
    lines = [p for p in svg.iter(f"{SVG}path") if p.attrib.get("stroke-linejoin") == "round"]
    assert [p.attrib["d"].count("L") for p in lines] == [1, 1]


# legible on paper -------------------------------------------------------------------------


@pytest.mark.parametrize("width", ["60mm", "85mm", "160mm", "1600px"])
@pytest.mark.parametrize("case", [*CASES])
def test_no_type_is_under_7_pt_at_the_stated_width(case: str, width: str, tmp_path: Path) -> None:
    svg = drawing(run_of(case), tmp_path, width=width)
    assert size(svg)[2] == pytest.approx(MM, rel=1e-4), "a unit is 1/96 in: nothing is shrunk"
    sizes = [float(node.attrib["font-size"]) * PT for node in svg.iter(f"{SVG}text")]
    assert min(sizes) >= LEGIBLE


@pytest.mark.parametrize("width", ["60mm", "85mm", "160mm"])
@pytest.mark.parametrize("case", [*CASES])
def test_every_word_is_inside_the_picture(case: str, width: str, tmp_path: Path) -> None:
    svg = drawing(run_of(case), tmp_path, width=width)
    _, _, right, low = (float(v) for v in svg.attrib["viewBox"].split())
    for node in svg.iter(f"{SVG}text"):
        if "transform" in node.attrib:
            continue
        said, x, y = "".join(node.itertext()), float(node.attrib["x"]), float(node.attrib["y"])
        wide = 0.92 * text_width(said, float(node.attrib["font-size"]))  # it is an estimate
        share = {"start": 0.0, "middle": 0.5, "end": 1.0}[node.attrib["text-anchor"]]
        assert x - share * wide >= -1, said
        assert x + (1 - share) * wide <= right + 1, said
        assert 0 < y <= low, said


def test_a_narrow_picture_has_one_column_and_a_wide_one_two(learner: Run, tmp_path: Path) -> None:
    def columns(width: str) -> set[float]:
        svg = drawing(learner, tmp_path, width=width)
        captions = [node for node in svg.iter(f"{SVG}text") if node.find(f"{SVG}tspan") is not None]
        return {float(node.attrib["x"]) for node in captions}

    assert len(columns("160mm")) == 2
    assert len(columns("85mm")) == 1


@pytest.mark.parametrize(
    ("width", "mm"), [("160mm", 160), ("16 cm", 160), ("6.3in", 160.02), ("455pt", 160.51)]
)
def test_a_width_may_be_said_in_any_unit(
    learner: Run, tmp_path: Path, width: str, mm: float
) -> None:
    assert size(drawing(learner, tmp_path, width=width))[0] == pytest.approx(mm, abs=0.01)


def test_the_page_s_words_come_only_when_they_are_asked_for(learner: Run, tmp_path: Path) -> None:
    bare, told = (" ".join(texts(drawing(learner, tmp_path, words=w))) for w in (False, True))
    assert "%ml" not in bare
    assert learner.algorithm.title not in bare
    assert learner.line in told
    assert learner.algorithm.title in told


# which frame, which views -----------------------------------------------------------------


def test_a_frame_is_drawn_as_it_was_and_the_last_by_default(learner: Run, tmp_path: Path) -> None:
    last = int(learner.trace.last)
    assert texts(drawing(learner, tmp_path)) == texts(drawing(learner, tmp_path, frame=last))
    assert texts(drawing(learner, tmp_path, frame=100)) != texts(drawing(learner, tmp_path))


def test_a_curve_without_a_value_has_no_name_in_the_picture(tmp_path: Path) -> None:
    said = texts(drawing(run_of("line-absent"), tmp_path))
    assert not [text for text in said if text == "absent"]


def test_other_views_can_be_asked_for(tmp_path: Path) -> None:
    run = play(walk).wait()
    svg = drawing(run, tmp_path, views=Line("by", title="One thing"))
    assert [said for said in texts(svg) if said.startswith("One thing")]
    with pytest.raises(ViewError, match="nothing_such"):
        run.picture(tmp_path / "y.svg", views=Line("nothing_such"))


def test_runs_compared_are_curves_in_one_figure_and_other_views_side_by_side(
    pair: Comparison, tmp_path: Path
) -> None:
    svg = drawing(pair, tmp_path, frame=300)
    said = texts(svg)
    charts = [view for view in pair.runs[0].views if view.kind == "line"]
    for label in pair.labels:
        assert said.count(label) == len(pair.runs[0].views), "at its board and at its curves"
    agents = [node for node in svg.iter(f"{SVG}circle") if node.attrib["fill"] == "#1b1f24"]
    assert len(agents) == len(pair.runs)
    assert len(charts) == 2


# PNG and PDF ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "dpi", "pixels"), [("160mm", None, 1890), ("160mm", 100, 630), ("800px", None, 800)]
)
def test_a_png_has_as_many_pixels_as_width_and_dpi_say(
    learner: Run, tmp_path: Path, width: str, dpi: float | None, pixels: int
) -> None:
    learner.picture(tmp_path / "x.png", width=width, dpi=dpi)
    with Image.open(tmp_path / "x.png") as image:
        assert abs(image.width - pixels) <= 1
        seen = np.asarray(image.convert("RGB"), dtype=float)
    assert (seen[0, 0] == 255).all(), "on white paper"
    assert len(np.unique(seen.reshape(-1, 3), axis=0)) > 20, "something is drawn"


def test_a_png_is_the_svg(tmp_path: Path) -> None:
    """The squares of a matrix have the colours that the SVG gives them."""
    run = run_of("heatmap")
    svg = drawing(run, tmp_path, width="600px")
    run.picture(tmp_path / "x.png", width="600px")
    with Image.open(tmp_path / "x.png") as image:
        seen = image.convert("RGB")
    cells = [n for n in svg.iter(f"{SVG}rect") if float(n.attrib["width"]) > 8][1:]
    assert len(cells) >= 600
    for node in cells[:600:37]:
        x, y, w, h = (float(node.attrib[k]) for k in ("x", "y", "width", "height"))
        red, green, blue = seen.getpixel((int(x + w / 2), int(y + h / 2)))  # type: ignore[misc]  # RGB
        assert f"#{red:02x}{green:02x}{blue:02x}" == node.attrib["fill"]


def test_a_pdf_is_vectors_and_text_of_the_stated_size(learner: Run, tmp_path: Path) -> None:
    learner.picture(tmp_path / "x.pdf", width="160mm")
    pdf = (tmp_path / "x.pdf").read_bytes()
    whole = pdf + b"".join(unpacked(pdf))
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", whole)
    assert box is not None
    assert float(box[1]) == pytest.approx(160 / 25.4 * 72, abs=0.1)
    assert not re.search(rb"/Subtype\s*/Image", whole), "nothing is a picture of dots"
    assert re.search(rb"/Type\s*/Font", whole)


def unpacked(pdf: bytes) -> list[bytes]:
    """What a PDF's compressed streams hold."""
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            found.append(zlib.decompress(part.rstrip(b"\r\n")))
        except zlib.error:
            continue
    return found


def test_greek_minus_and_indices_are_there_without_the_system_s_fonts() -> None:
    """typst brings a serif and a monospaced face; nothing is left blank where no other is."""
    import typst

    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 20 20">'
        '<text x="2" y="15" font-size="12" font-family="{face}">{sign}</text></svg>'
    )
    page = b"#set page(width: 20pt, height: 20pt, margin: 0pt)\n#image(bytes(sys.inputs.svg))"

    def drawn(sign: str, face: str) -> bytes:
        given = {"svg": svg.format(sign=sign, face=face)}
        made = typst.compile(page, format="png", ignore_system_fonts=True, sys_inputs=given)
        return bytes(made)

    for face in ("system-ui,sans-serif", "ui-monospace,'DejaVu Sans Mono',monospace"):
        missing = drawn("\U000f1234", face)  # no font has this one
        blank = drawn(" ", face)
        for sign in "αβγδεθλπσᾱ−×≤→∞₀₁²·…":
            assert drawn(sign, face) not in (missing, blank), (sign, face)


def test_the_same_frame_gives_the_same_bytes(learner: Run, tmp_path: Path) -> None:
    for kind in KINDS:
        for name in ("a", "b"):
            learner.picture(tmp_path / f"{name}{kind}", 40)
        assert (tmp_path / f"a{kind}").read_bytes() == (tmp_path / f"b{kind}").read_bytes()


# bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.jpg", "x", "x.pgn", ""])
def test_another_suffix_names_those_that_are_known(learner: Run, tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match=r"must end in one of \.svg, \.png, \.pdf"):
        learner.picture(str(tmp_path / name) if name else name)


@pytest.mark.parametrize(
    ("width", "said"),
    [
        ("10mm", r"width='10mm': must lie in \[60mm, 1200mm\]"),
        ("9m", r'must be a length such as "160mm" \(units: mm, cm, in, pt, px\)'),
        ("wide", "must be a length"),
        (160, r"width=160: must be a length"),
        ("-5cm", "must be a length"),
        ("1e9mm", "must be a length"),
        ("99999999in", r"must lie in \[2.4in, 47.2in\]"),
        ("9" * 400 + "mm", "must lie in"),
        ("nanmm", "must be a length"),
    ],
)
def test_a_width_that_is_none_or_out_of_range_says_what_is_allowed(
    learner: Run, tmp_path: Path, width: str, said: str
) -> None:
    with pytest.raises(ParamError, match=said):
        learner.picture(tmp_path / "x.svg", width=width)
    assert list(tmp_path.iterdir()) == []


def test_every_unit_reaches_both_ends(learner: Run, tmp_path: Path) -> None:
    for unit, mm in UNITS.items():
        learner.picture(tmp_path / "x.svg", width=f"{LEAST / mm + 0.1:.4f}{unit}")
        learner.picture(tmp_path / "x.svg", width=f"{MOST / mm - 0.1:.4f}{unit}")


def test_a_frame_that_was_not_recorded_names_the_nearest(tmp_path: Path) -> None:
    def long() -> Iterator[dict[str, Any]]:
        yield from ({"x": float(k)} for k in range(25_000))

    run = play(long).wait()
    missing = next(n for n in range(1_000, 2_000) if n not in run.trace.frames)
    with pytest.raises(RunError, match=rf"frame {missing} of .*the nearest that was is (\d+)") as e:
        run.picture(tmp_path / "x.svg", missing)
    near = int(re.findall(r"\d+", str(e.value))[-1])
    assert abs(near - missing) == abs(run.trace.frames - missing).min()
    run.picture(tmp_path / "x.svg", near)
    with pytest.raises(RunError, match=f"the nearest that was is {run.trace.last}"):
        run.picture(tmp_path / "x.svg", 10**12)
    for frame in (-1, 1.5, "3", True, 10**30):
        with pytest.raises(MLError):
            run.picture(tmp_path / "x.svg", frame)  # type: ignore[arg-type]  # the point


@pytest.mark.parametrize("dpi", [0, -3, 10_000, float("nan"), "high", True])
def test_dots_an_inch_have_a_range(learner: Run, tmp_path: Path, dpi: float) -> None:
    with pytest.raises(ParamError, match=r"must lie in \[36, 1200\]"):
        learner.picture(tmp_path / "x.png", dpi=dpi)
    with pytest.raises(ParamError, match=r"dpi=300: is for \.png; \.pdf has no dots"):
        learner.picture(tmp_path / "x.pdf", dpi=300)


def test_what_was_there_stays_where_a_picture_cannot_be_written(
    learner: Run, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        learner.picture(tmp_path / "nowhere" / "x.svg")
    shut = tmp_path / "shut.svg"
    shut.mkdir()
    with pytest.raises(RunError, match="cannot be written: it is a folder"):
        learner.picture(shut)
    old = tmp_path / "x.svg"
    old.write_text("old")
    with pytest.raises(RunError):
        learner.picture(old, 10**9)
    assert old.read_text() == "old"
    assert stat.S_ISREG(old.stat().st_mode)


def test_without_typst_svg_works_and_the_others_say_what_to_install(
    learner: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    learner.picture(tmp_path / "x.svg")
    for kind in (".png", ".pdf"):
        with pytest.raises(RunError, match=r'pip install "mlwidgets\[pictures\]"'):
            learner.picture(tmp_path / f"x{kind}")
    assert [path.name for path in tmp_path.iterdir()] == ["x.svg"]


def test_a_run_whose_frames_hold_markup_is_text_in_every_picture(tmp_path: Path) -> None:
    hostile = '</text><script>alert(1)</script>" onload="x ]]> #eval("1") \\ $x$'

    def speaks() -> Iterator[dict[str, Any]]:
        for k in range(3):
            yield {"said": f"{k} {hostile}", "x": float(k)}

    run = play(speaks).wait()
    svg = drawing(run, tmp_path)
    assert not list(svg.iter(f"{SVG}script"))
    assert "alert(1)" in "".join(texts(svg))
    run.picture(tmp_path / "x.png", words=True)
    assert Image.open(io.BytesIO((tmp_path / "x.png").read_bytes())).width > 1000
