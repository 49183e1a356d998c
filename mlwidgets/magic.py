"""The `%ml` magic: lists, explains and plays algorithms in IPython."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

import mlwidgets

from . import listing
from .cells import verb as record_verb
from .completion import OPTIONS, Completion, notebook_algorithms
from .errors import MLError, ParamError, clip, nearest
from .magicline import Scope, body_value, line_steering, line_values, question, read_options
from .registry import RESERVED, registry
from .tokens import Line, Reference, Value, parse

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .algorithms import Algorithm
    from .replay.compare import Comparison
    from .replay.verdict import Verification
    from .run import Run


@magics_class
class MLMagics(Magics):
    """`%ml` and `%%ml`."""

    shell: InteractiveShell

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.completion = Completion(shell)
        self._numbers: WeakKeyDictionary[Run, int] = WeakKeyDictionary()
        self._next = count(1)

    @line_cell_magic
    @no_var_expand
    @needs_local_scope
    def ml(
        self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None
    ) -> Run | Verification | Comparison | None:
        """Watch machine-learning algorithms run, steer them, rewind them.

        %ml                    lists topics and algorithms; %ml rl lists one topic
        %ml rl.q_learning?     explains an algorithm and its parameters
        %ml rl.q_learning alpha=0.3 epsilon=0.1
                               plays it; the value is the run: run = %ml rl.q_learning
        %ml rl.q_learning alpha=$a epsilon={b / 2}
                               passes the notebook's own objects
        %ml rl.q_learning alpha=0.3 @156 epsilon=0.1 @800
                               changes epsilon at frame 156, and goes to frame 800
        %%ml nlp.bpe merges=50 takes the cell's text as the text to work on
        %%ml record loss acc   records these names of the loop in the cell; %ml record? says more
        %ml my_algorithm x=1   plays a generator function of this notebook
        %ml compare $a $b      lays runs beside each other, and says where they first part
        %ml export figure.html $run codec=small
                               writes a page that plays without a kernel; several runs share one
        %ml publish $run       puts a page that needs no kernel in its players' place
        %ml verify rl.q_learning alpha=0.3
                               checks it against its reference; %ml verify $run, with a run's data
        %ml runs               lists what is alive; %ml runs stop 1; %ml runs stop all
        %ml plugins            lists what is installed and what could not be loaded

        Options: --device cpu|cuda|mps; --at FRAME, the frame first shown; --pace SECONDS, start
        at once, the whole run in about so many seconds (`full`: full speed); -o NAME, bind the
        run to a variable.
        """
        try:
            if line.split()[:1] == [record_verb.VERB]:
                _show(record_verb.say(line.strip()))
                return None
            return self._obey(parse(line, OPTIONS), cell, Scope(self.shell, local_ns or {}))
        except MLError as error:
            raise UsageError(" ".join(str(error).split())) from None

    def _obey(
        self, line: Line, cell: str | None, scope: Scope
    ) -> Run | Verification | Comparison | None:
        first = line.words[0] if line.words else "help" if line.help else "list"
        if isinstance(first, str) and (first in RESERVED or first in registry().topics):
            if cell is not None:
                raise MLError(f"{first!r} takes no text: write %ml, not %%ml")
            if first == "verify" and not line.help:
                return _verify(line, scope)
            if first == "compare" and not line.help:
                return _compare(line, scope)
            if first in ("export", "publish") and not line.help:
                (_export if first == "export" else _publish)(line, scope)
                return None
            self._say(first, [str(word) for word in line.words[1:]], line.help)
            return None
        algorithm = _algorithm(first, scope)
        if line.help:
            _show(listing.help_page(algorithm))
            return None
        if len(line.words) > 1:
            stray = str(line.words[1])
            near = nearest(stray, algorithm.spec)
            raise ParamError(f"{stray!r}: a parameter is written name=value.{near}")
        return self._play(algorithm, line, cell, scope)

    def _say(self, verb: str, words: list[str], asks: bool) -> None:
        """Carry out a verb, or list a topic."""
        known = registry()
        if verb == "help" and words:
            _show(listing.help_page(known.get(words[0]).load()))
        elif verb == "help" or (asks and verb in RESERVED):
            _show(inspect.getdoc(MLMagics.ml) or "")
        elif verb == "runs":
            self._runs(words)
        elif verb == "plugins":
            _show(listing.plugins(known.reload() if words == ["reload"] else known))
        elif verb == "list" and not words:
            own = notebook_algorithms(self.shell.user_ns).values()
            _show(listing.topics(known, own=own))
        elif verb == "list" or verb in known.topics:
            _show(listing.one_topic(known, words[0] if verb == "list" else verb))
        else:
            raise MLError(f"{verb!r} is kept for a later version; `%ml help` says what is there")

    def _runs(self, words: list[str]) -> None:
        """List the live runs, or stop some."""
        numbered = {self._number(run): run for run in mlwidgets.runs()}
        if not words:
            _show(listing.runs(numbered.items()))
            return
        known = ", ".join(map(str, numbered)) or "none"
        if len(words) != 2 or words[0] != "stop":
            raise MLError(f"write `%ml runs stop 1` or `%ml runs stop all` (alive: {known})")
        chosen = [n for n, run in numbered.items() if words[1] in ("all", str(n), run.name)]
        if not chosen:
            raise MLError(f"no run {words[1]!r} to stop (alive: {known})")
        for number in chosen:
            run = numbered[number]
            over = run.status in ("done", "stopped", "failed", "loaded")
            _ = run.close() if over else run.stop()  # what is over gives its memory back
            _show(f"{number}  {run.name}: {'closed' if over else run.status}")

    def _number(self, run: Run) -> int:
        """A number that stays the run's: `stop 2` never means what has since become second."""
        if run not in self._numbers:
            self._numbers[run] = next(self._next)
        return self._numbers[run]

    def _play(
        self, algorithm: Algorithm[Any, Any], line: Line, cell: str | None, scope: Scope
    ) -> Run:
        values = line_values(algorithm.spec, line.params, scope)
        if cell is not None:
            values |= body_value(algorithm, values, cell)
        options = read_options(line.options, scope)
        steering, at = line_steering(algorithm.spec, line.steering, scope)
        at = options.at if at is None else at
        run: Run = mlwidgets.play(
            algorithm, at=at, device=options.device, steering=steering, **values
        )
        if isinstance(run.error, ModuleNotFoundError) and run.name in registry().items:
            raise MLError(registry().items[run.name].missing(run.error))
        if options.starts:
            run.start(options.pace)
        if options.variable:
            self.shell.user_ns[options.variable] = run
        return run


def _verify(line: Line, scope: Scope) -> Verification:
    """Check an algorithm with the line's parameters, or a run with its own."""
    from .replay.verify import verify

    if len(line.words) != 2 or line.steering or line.options:
        raise MLError("write `%ml verify rl.q_learning alpha=0.3`, or `%ml verify $run`")
    given = line.words[1]
    found = scope.value(given) if isinstance(given, Reference) else scope.names.get(given)
    if isinstance(found, mlwidgets.Run):
        if line.params:
            raise MLError("a run is verified with its own parameters: leave those of the line out")
        return found.verify()
    algorithm = _algorithm(given, scope)
    return verify(algorithm, line_values(algorithm.spec, line.params, scope))


def _compare(line: Line, scope: Scope) -> Comparison:
    """Runs of the notebook beside each other."""
    if line.params or line.steering or line.options:
        raise MLError("write `%ml compare $a $b`: runs alone, no parameters")
    from .replay.compare import labels_of

    words = line.words[1:]
    runs = [scope.value(w) if isinstance(w, Reference) else scope.names.get(w, w) for w in words]
    found: Comparison = mlwidgets.compare(*runs)
    names = [w.written if isinstance(w, Reference) else w for w in words]
    found.labels = tuple(labels_of(found.runs, [name.lstrip("$") for name in names]))
    return found


def _export(line: Line, scope: Scope) -> None:
    """Runs and comparisons of the notebook as a page in a file."""
    from .pages.export import asked_by_line

    if len(line.words) < 3 or line.steering or line.options:
        raise MLError("write `%ml export figure.html $run`, with codec=, every= or max_mb=")
    path, *shown = (
        scope.value(word) if isinstance(word, Reference) else word for word in line.words[1:]
    )
    runs = [scope.names.get(one, one) if isinstance(one, str) else one for one in shown]
    given = {name: scope.value(value) for name, value in line.params.items()}
    asked_by_line(runs, path, given)


def _publish(line: Line, scope: Scope) -> None:
    """A run or comparison of the notebook as an output that needs no kernel."""
    from .replay.compare import Comparison
    from .run import Run

    if len(line.words) != 2 or line.params or line.steering or line.options:
        raise MLError("write `%ml publish $run`, or $comparison")
    word = line.words[1]
    shown = scope.value(word) if isinstance(word, Reference) else scope.names.get(word, word)
    if not isinstance(shown, (Run, Comparison)):
        raise MLError(f"cannot publish {clip(repr(shown), 40)}: give a run, or a comparison")
    shown.publish()


def _algorithm(given: Value, scope: Scope) -> Algorithm[Any, Any]:
    """The algorithm of a name or object: the notebook's own, else the registry's."""
    from .algorithms import Algorithm, as_algorithm

    if isinstance(given, Reference):
        return as_algorithm(scope.value(given))
    own = scope.names.get(given)
    if isinstance(own, Algorithm) or inspect.isgeneratorfunction(own):
        return as_algorithm(own)
    return registry().get(given).load()


def _show(text: str) -> None:
    print(text)  # noqa: T201  the cell's output: the reader has just asked for it


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext mlwidgets`: the magic, its `?`, its completion."""
    unload_ipython_extension(shell)
    magics = MLMagics(shell)
    shell.register_magics(magics)
    shell.input_transformers_cleanup.append(question)
    record_verb.load(shell)
    shell.Completer.custom_matchers.append(magics.completion.matcher)
    for problem in registry().problems:
        _show(f"mlwidgets: {problem}")


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext mlwidgets`: take away all that loading added."""
    manager = shell.magics_manager
    magics = manager.registry.pop("MLMagics", None)
    if magics is None:
        return
    for kind in ("line", "cell"):
        manager.magics[kind].pop("ml", None)
    shell.input_transformers_cleanup.remove(question)
    record_verb.unload(shell)
    shell.Completer.custom_matchers.remove(magics.completion.matcher)
