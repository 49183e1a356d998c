"""The player: the widget that shows a run, steers it, and reads its past."""

from __future__ import annotations

import gzip
import hashlib
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from .core import Hold, Upto
from .errors import MLError, ParamError, RunError, sayable
from .info import first_of, info_of, state_of
from .kept import at_once, keeper, keeping, kept
from .own import modules_of
from .pace import NextUnit
from .shell import renew
from .wire import Feed, sender

if TYPE_CHECKING:
    from .core import Core
    from .replay.sweep import Sweep
    from .run import Run
    from .views import View

LONG = {  # done aside, its result sent: "module:function" of (player, content)
    "set": "replay.family:asked_to_set",  # of a run that is over
    "export": "pages.export:asked",
    "picture": "pages.pictures:asked",
    "sizes": "pages.export:asked_for_sizes",
    "find": "search:asked",
    "pause_when": "search:asked_to_pause",
    "branch": "replay.family:asked_to_branch",
    "try": "replay.family:asked_to_try",
    "drop": "replay.family:asked_to_drop",
    "compare": "replay.family:asked_to_compare",
    "parted": "replay.compare:asked",
    "end_sweep": "replay.sweep:asked_to_cancel",
    "verify": "replay.verify:asked",
    "card": "replay.card:asked",
    "source": "replay.source:asked",
}
QUICK = ("play", "pause", "step", "set", "stop", "stops", "show", "progress", "cancel")
ACTIONS = ", ".join(dict.fromkeys((*QUICK, "restart", *LONG)))
# what a page is told of a lane
LANE = ("status", "number", "events", "params", "start", "line", "error")
STATIC = files("mlwidgets") / "static"


@cache
def front_end() -> tuple[str, bytes]:
    """The player's JavaScript, gzipped, and its SHA-256: sent once for each kernel."""
    code = gzip.compress((STATIC / "player.js").read_bytes(), 9, mtime=0)
    return hashlib.sha256(code).hexdigest(), code


class Chunk(anywidget.AnyWidget):
    """A hidden model that holds a piece of JavaScript for all players of the kernel."""

    _view_name = traitlets.Any(None, allow_none=True).tag(sync=True)
    _esm = "export default {}"
    hash = traitlets.Unicode().tag(sync=True)
    code = traitlets.Bytes().tag(sync=True)


_chunk: Chunk | None = None


def chunk() -> Chunk:
    """The hidden model, made anew where someone has closed it."""
    global _chunk  # one for each kernel is the point
    if _chunk is None or _chunk.comm is None:
        digest, code = front_end()
        _chunk = Chunk(hash=digest, code=code, model_id=digest[:32])  # one, however often reopened
        free_subshell(_chunk)
    return _chunk


def free_subshell(widget: Any) -> None:
    """Let the page's messages through while a cell is busy.

    ipykernel 7.4.0 routes them to the shell that last published on the comm, see its comm/comm.py.
    Elsewhere there is no such attribute, and nothing to do.
    """
    comm = widget.comm
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default


@dataclass(frozen=True)
class Lane:
    """A run that is drawn beside the player's own: its numbers alone, where it is pale."""

    run: Run
    feed: Feed
    label: str = ""


class Player(anywidget.AnyWidget):
    """Shows a run. State and frames go out through the one sender; handlers only leave word."""

    _esm = (STATIC / "shim.js").read_text("utf-8")
    _chunks: Any = traitlets.List().tag(sync=True)
    info = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    first = traitlets.Bytes().tag(sync=True)

    def __init__(
        self,
        run: Run,
        views: Sequence[View] | None = None,
        sweep: Sweep | None = None,
        model_id: str = "",
    ) -> None:
        core = run._core
        self.run = run  # what it shows
        self.root = run  # what it was made for
        self.lanes: list[Lane] = []
        self.views = views  # in place of the run's own, where it is compared
        self.unlike: list[str] = []  # columns that not all lanes have
        self.label = ""  # what the run is called among its lanes
        self.groups: Mapping[Run, tuple[int, str, int]] = {}  # lanes that differ in the seed only
        self.sweep = sweep  # what its lanes are of
        self.replaying: tuple[Core, int] | None = None  # a branch on its way to its frame
        self._watched: list[Run] = []
        self._lane_names = count(1)
        self._restarting = threading.Lock()
        self.feed = Feed(self, core)
        code = chunk()
        self._kept = keeping(run)
        first, rows = at_once(run, self.feed.epoch), len(core.trace)
        if not first:
            self._kept = ()
            first, rows = first_of(core.trace, core, self.feed.epoch)
        own = model_id or uuid.uuid4().hex
        super().__init__(
            model_id=own,
            _chunks=[["player", code.hash, f"anywidget:{code.model_id}", own]],
            info=self.info_now(),
            state=self.state_now(),
            first=first,
            layout=code.layout,  # one for all: a model of its own would cost 1.7 KB on the wire
        )
        self.feed.given(rows)
        free_subshell(self)
        self.on_msg(lambda _widget, content, _buffers: self.receive(content))
        self.watch(run)
        keeper.players.add(self)
        if not self._kept:
            keeper.due(self)

    def info_now(self) -> dict[str, Any]:
        """All that does not change while the run goes."""
        run, shown = self.run, self.views or self.run.views
        info = (run.info or info_of(run)) | {"modules": modules_of(run, shown)}
        if not self.views:
            return info
        views = [v.to_json() for v in self.views]
        return info | {"views": views, "compared": True, "sweep": self.sweep is not None}

    def state_now(self) -> dict[str, Any]:
        """The little that changes: the run's own, then who else there is."""
        from .replay.family import family_of

        run, feed = self.run, self.feed
        state = state_of(run, feed.core, feed.epoch)
        if len(run.family) > 1:
            state |= {"family": family_of(run.family), "place": run.place}
        if self.lanes:
            group = self.groups.get(run)
            state |= {"label": self.label, "unlike": self.unlike, "group": group}
            state["lanes"] = [
                {"name": lane.feed.lane, "pale": lane.feed.pale, "label": lane.label}
                | {"group": self.groups.get(lane.run)}
                | {k: v for k, v in state_of(lane.run, lane.run._core, 0).items() if k in LANE}
                for lane in self.lanes
            ]
        return state

    def watch(self, run: Run) -> None:
        """This run, shown or beside what is shown, has a core: follow it from now on."""
        core = run._core
        feeds = [self.feed] if run is self.run else []
        for feed in feeds + [lane.feed for lane in self.lanes if lane.run is run]:
            if core is not feed.core:
                feed.follow(core)
                self.feed.state_due = True
            sender.add(feed)
        if run not in self._watched:
            self._watched.append(run)
            run.players.append(self)
        if self.told not in core.watchers:
            core.watchers.append(self.told)

    def show(self, run: Run) -> None:
        """Show another run of the same algorithm; the one it comes from stands behind it, pale."""
        self.run = run
        self.reshaped()
        self.watch(run)
        behind = run.origin.parent if run.origin else None
        self.lay([behind] if behind is not None and not behind.closed else [], pale=True)

    def lay(self, runs: Sequence[Run], labels: Sequence[str] = (), *, pale: bool = False) -> None:
        """Draw these beside the run that is shown, in place of those that were."""
        for lane in self.lanes:
            sender.remove(lane.feed)
        self.lanes = []
        for run, label in zip(runs, labels or [""] * len(runs), strict=True):
            feed = Feed(self, run._core, f"lane {next(self._lane_names)}", pale=pale)
            feed.join(self.feed)
            self.lanes.append(Lane(run, feed, label))
            self.watch(run)
        self.told()

    def reshaped(self) -> None:
        """Another run, or begun anew: where it has other columns or views, its pages begin anew."""
        info = self.info_now()
        if _shape(info) != _shape(self.info):
            self._kept, self.first = (), b""
            self.info = info

    def told(self) -> None:
        """Something of what is shown has changed."""
        self.feed.state_due = True
        sender.wake()
        if not self.run.closed:
            keeper.due(self)

    def keep(self) -> None:
        """The run may have come to stand: what it has recorded goes where a notebook saves it."""
        now = keeping(self.run)
        if self.comm is None or now == self._kept or self.run.status == "running":
            return
        first = kept(self.run, self.feed.epoch)
        if keeping(self.run) == now:  # else it has gone on, and will stand again
            self._kept, self.feed.first = now, first
            sender.wake()

    def receive(self, content: Any) -> None:
        """A message from a page; runs on any thread, and does nothing long."""
        try:
            self._receive(content)
        except Exception as error:  # whatever a page sends, it is answered
            asked = content if isinstance(content, dict) else {}
            self._answer(asked, MLError(f"{type(error).__name__}: {error}"))
        sender.wake()

    def _receive(self, content: dict[str, Any]) -> None:
        kind, client = content["type"], str(content.get("client", ""))
        feed = self._feed_of(content.get("lane", ""))
        if kind == "ready":
            self.feed.ready(client, int(content.get("epoch", -1)), int(content.get("count", 0)))
            sender.add(self.feed)  # it may have been left out after a fault
            for lane in self.lanes:
                lane.feed.ready(client)
        elif kind == "ack" and feed is not None:
            feed.ack(client, int(content["seq"]))
        elif kind == "fetch" and feed is not None:
            feed.fetch(client, int(content["epoch"]), int(content["from"]), int(content["to"]))
        elif kind == "code":
            digest, code = front_end()
            self.send({"type": "code", "hash": digest}, [code])
        elif kind == "left":
            _aside(renew, self.sweep or self.root)
        elif kind == "do":
            self.feed.seen(client)
            try:
                self._do(content)
            except MLError as error:
                self._answer(content, error)

    def _feed_of(self, lane: str) -> Feed | None:
        feeds = (self.feed, *(lane.feed for lane in self.lanes))
        return next((feed for feed in feeds if feed.lane == lane), None)

    def _do(self, content: dict[str, Any]) -> None:
        action, run = content["action"], self.run
        if self._restarting.locked() and action in ("play", "pause", "step", "set"):
            _aside(self._after_restart, content)
            return
        if action == "restart":
            _aside(self._restart, content)
            return
        if action == "set" and run._core.over:  # what has been learned answers: that may take long
            _aside(self._long, content)
            return
        if action in LONG and action not in QUICK:
            _aside(self._long, content)
            return
        if action in ("play", "pause", "step"):
            self._drive(run, content)
            for lane in self.lanes:  # those compared go together
                if not lane.feed.pale and not lane.run._core.over:
                    self._drive(lane.run, content)
        elif action == "set":
            run.set(**{str(content["name"]): content["value"]})
        elif action == "stop":
            run._core.stop()
        elif action == "stops":
            run.stops = dict(map(tuple, content["stops"]))
        elif action == "show":
            self.show(member(run.family, content["place"]))
        elif action == "progress":
            core, at = self.replaying or (run._core, 0)
            self._answer(content, None, {"number": core.number, "at": at})
            return
        elif action == "cancel":
            if self.replaying:
                self.replaying[0].stop()
        else:
            raise ParamError(f"no action {action!r} (known: {ACTIONS})")
        self._answer(content, None)

    def _drive(self, run: Run, content: dict[str, Any]) -> None:
        """Play, pause or step, at once. Lanes of a sweep go by themselves."""
        if self.sweep is not None:
            return
        if content["action"] == "play":
            run.start(content.get("pace"), content.get("step"))
        elif content["action"] == "pause":
            run._core.order(Hold())
        else:
            column = run._step_column(content.get("step"))
            run._alive("step")
            times = max(1, int(content.get("times", 1)))
            core = run._core  # single steps go to the next frame that is recorded, and so seen
            single = Upto(int(content.get("to", core.number + times * core.trace.stride)))
            core.order(NextUnit(column, times) if column else single)

    def _restart(self, content: dict[str, Any]) -> None:
        """Off the kernel's threads: frame 0 may take its time."""
        with self._restarting:
            try:
                self.run.restart(**content.get("params", {}))
                if content.get("play") and not self.run._core.over:  # some are done at once
                    self.run.start(content.get("pace"), content.get("step"))
                self._answer(content, None)
            except MLError as error:
                self._answer(content, error)
            except Exception as error:  # nobody else would tell the page
                self._answer(content, MLError(f"{type(error).__name__}: {error}"))

    def _after_restart(self, content: dict[str, Any]) -> None:
        """What is asked while frame 0 is computed is done once it is there."""
        with self._restarting:
            pass
        self.receive(content)

    def _long(self, content: dict[str, Any]) -> None:
        module, _, name = LONG[content["action"]].partition(":")
        try:
            result = getattr(import_module(f".{module}", __package__), name)(self, content)
            self._answer(content, None, result)
        except MLError as error:
            self._answer(content, error)
        except Exception as error:  # nobody else would tell the page
            self._answer(content, MLError(f"{type(error).__name__}: {error}"))

    def deliver(self, asked: dict[str, Any], name: str, mime: str, data: bytes) -> None:
        """A file, into the downloads of the reader who asked for it."""
        file = {"type": "file", "client": asked.get("client"), "name": name, "mime": mime}
        self.feed.outbox.append((file, [data]))
        sender.wake()

    def _answer(self, asked: dict[str, Any], error: MLError | None, result: Any = None) -> None:
        """All pages hear it; the one that asked knows itself by `client`."""
        name = error.name if isinstance(error, ParamError) else None
        text = None if error is None else sayable(str(error))
        done = {"type": "done", "client": asked.get("client"), "id": asked.get("id")}
        done |= {"error": text, "param": name}
        if result is not None:
            done["result"] = sayable(result)
        self.feed.outbox.append((done, []))
        sender.wake()

    def close(self) -> None:
        """Off the page. Once only: collecting it closes it again, within whatever lock is held."""
        if self.comm is None:
            return
        for feed in (self.feed, *(lane.feed for lane in self.lanes)):
            sender.remove(feed)
        for run in self._watched:
            run.players.remove(self)
            if self.told in run._core.watchers:
                run._core.watchers.remove(self.told)
        self._watched = []
        super().close()

    def _repr_mimebundle_(self, **_kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**(data or {}), **stand_ins(self.run)}, metadata


def member(family: Sequence[Run], place: Any) -> Run:
    """The run of a family at a place; RunError where another window has closed it."""
    found = next((run for run in family if run.place == place), None)
    if found is None:
        raise RunError(f"run {place!r} of this family is closed")
    return found


def _shape(info: dict[str, Any]) -> tuple[Any, Any]:
    """The views, and the names of the columns that they draw."""
    return info["views"], [column["name"] for column in info["columns"]]


def stand_ins(run: Run) -> dict[str, str]:
    """What stands in the widget's place where none can run: a picture and a text."""
    from .pages.stills import still

    return {"image/svg+xml": still(run), "text/plain": run.summary()}


def _aside(work: Callable[[Any], None], given: Any) -> None:
    """Do something long off the kernel's threads."""
    threading.Thread(target=work, args=(given,), name="mlwidgets aside", daemon=True).start()
