"""A model as a service: what it answers, what it refuses, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression

import mlwidgets as ml
from mlwidgets.errors import MLError, ParamError
from mlwidgets_mlops import references_fastapi as references
from mlwidgets_mlops import serving as serving_module
from mlwidgets_mlops.asked import Log, script
from mlwidgets_mlops.models import Served
from mlwidgets_mlops.service import Together, fastapi, loaded, quantile
from mlwidgets_mlops.serving import Crowd, Seen, Service
from mlwidgets_mlops.web import BODY, app_of
from tests.waiting import until

MOST = 5


def served(model: Any = None, data: Any = None) -> Served:
    return Served.of(model, data, 0.5)


def serving(of: Served, together: Together | None = None) -> Service:
    together = together or Together(of, 64)
    return Service(lambda token: app_of(of, token, MOST, together))


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(served()) as made:
        yield made


def ask(service: Service, body: Any, token: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token or service.token}"}
    headers["Content-Type"] = "application/json"
    got = httpx.post(f"{service.url}/predict", headers=headers, content=body, trust_env=False)
    return got.status_code, got.json()


def listening(port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "mlwidgets-service"]


# what it answers ----------------------------------------------------------------------------


def test_it_answers_what_the_model_answers(service: Service) -> None:
    of = served()
    status, answer = ask(service, json.dumps({"rows": of.named(of.rows[:MOST])}))
    labels, sure = of.answer(of.rows[:MOST])
    assert (status, answer["answers"], answer["probabilities"]) == (200, labels, sure)


def test_a_torch_module_is_served_with_its_scores() -> None:
    net = torch.nn.Linear(3, 2)
    of = served(net)
    with serving(of) as service:
        status, answer = ask(service, json.dumps({"rows": of.named(of.rows[:2])}))
    scores = net(torch.as_tensor(of.rows[:2]).float()).detach().double().numpy()
    assert status == 200
    np.testing.assert_allclose(answer["probabilities"], scores, atol=1e-6)
    assert answer["answers"] == scores.argmax(axis=1).tolist()


def test_a_model_of_the_users_is_named_by_the_columns_of_their_table() -> None:
    table = {"age": [30.0, 40.0, 50.0], "height": [1.6, 1.7, 1.8]}
    X = np.column_stack([*table.values()])
    run = ml.play("mlops.fastapi", model=LinearRegression().fit(X, [1, 2, 3]), data=table)
    row = json.loads(run.trace["openapi"][0])["components"]["schemas"]["Row"]
    assert row["properties"]["age"] | {"title": ""} == {
        "maximum": 60.0,
        "minimum": 20.0,
        "title": "",
        "type": "number",
    }
    run.stop()


# what it refuses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 422),
        ("", 422),
        ("[]", 422),
        ('{"rows": "all"}', 422),
        ('{"rows": [{}]}', 422),
        ('{"rows": [{"sepal_length": 1e999}]}', 422),
        ('{"rows": [{"sepal_length": NaN}]}', 422),
        ('{"rows": [{"\\ud800": 1}]}', 422),
        ('{"rows": [true]}', 422),
        ("[" * 50_000 + "]" * 50_000, 400),
        (b'{"rows": "\xff"}', 400),
        (" " * (BODY + 1), 413),
    ],
)
def test_what_does_not_fit_is_refused_and_told_why(
    service: Service, body: str | bytes, status: int
) -> None:
    got, answer = ask(service, body)
    assert got == status
    assert answer["detail"]


def test_a_refusal_never_repeats_what_was_sent(service: Service) -> None:
    _, answer = ask(service, '{"rows": [{"sepal_length": "<script>"}]}')
    assert "<script>" not in json.dumps(answer)


@pytest.mark.parametrize("token", ["guessed", "é", "x" * 5000])
def test_nobody_is_answered_without_the_token(service: Service, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode("latin-1").decode("latin-1")}
    of = served()
    body = of.bodies(1)[0]
    made = (
        f"POST /predict HTTP/1.1\r\nHost: x\r\nAuthorization: {headers['Authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    with socket.create_connection(("127.0.0.1", service.port)) as line:
        line.sendall(made.encode("latin-1"))
        assert b" 401 " in line.recv(4096).split(b"\r\n")[0]


def test_a_long_body_without_its_length_is_refused_as_it_comes(service: Service) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 50_000

    key = {"Authorization": f"Bearer {service.token}"}
    got = httpx.post(f"{service.url}/predict", headers=key, content=parts(), trust_env=False)
    assert got.status_code == 413


def test_a_model_that_fails_is_told_as_such_and_the_next_is_answered() -> None:
    class Fickle:
        n_features_in_ = 4
        calls = 0

        def predict(self, X: Any) -> Any:
            self.calls += 1
            if self.calls == 1:
                raise ArithmeticError("secret words of the model")
            return np.full(len(X), np.nan)

    fickle = Fickle()
    with serving(served(fickle)) as service:
        body = json.dumps({"rows": [dict.fromkeys(("x0", "x1", "x2", "x3"), 0.0)]})
        status, answer = ask(service, body)
        assert (status, answer["detail"]) == (503, "the model could not answer these rows")
        assert ask(service, body) == (200, {"answers": [None], "probabilities": None})
    assert fickle.calls == 2


class Model:
    """Of four features; `predict` is given."""

    n_features_in_ = 4

    def __init__(self, predict: Any) -> None:
        self.predict = predict


FOUR = json.dumps({"rows": [dict.fromkeys(("x0", "x1", "x2", "x3"), 0.0)] * 2})
REFUSED = (503, {"detail": "the model could not answer these rows"})


def test_the_server_is_there_while_a_model_computes() -> None:
    begun, may = threading.Event(), threading.Event()

    def predict(X: Any) -> Any:
        begun.set()
        assert may.wait(60)
        return X[:, 0]

    found: list[Any] = []
    with serving(served(Model(predict))) as service:
        asking = threading.Thread(target=lambda: found.append(ask(service, FOUR)))
        asking.start()
        assert begun.wait(60)
        assert httpx.get(f"{service.url}/health", trust_env=False).json() == {"status": "ok"}
        assert not may.is_set()
        may.set()
        asking.join()
    assert found == [(200, {"answers": [0.0, 0.0], "probabilities": None})]


@pytest.mark.parametrize(
    ("predict", "said"),
    [
        (lambda X: np.zeros(1), r"ValueError: predict gives \(1,\) for 2 rows"),
        (lambda X: np.zeros((len(X), 3)), r"ValueError: predict gives \(2, 3\) for 2 rows"),
        (lambda X: sys.exit(3), "SystemExit: 3"),
        (lambda X: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_what_goes_wrong_in_a_model_is_told_to_its_owner_alone(predict: Any, said: str) -> None:
    with serving(served(Model(predict))) as service:
        assert ask(service, FOUR) == REFUSED
        told = Log(service).own(FOUR)["answer"]
        assert told.startswith(json.dumps(REFUSED[1], separators=(",", ":")))
        assert re.search(f"To you alone, from the model: {said}", told)
        assert httpx.get(f"{service.url}/health", trust_env=False).status_code == 200


def test_every_status_of_the_script_is_in_the_documentation_but_of_a_method_that_is_not(
    service: Service,
) -> None:
    log = Log(service)
    seen = [log.call(*one) for one in script(served(), MOST, np.random.default_rng(0))]
    assert [one["request"] for one in seen if not one["documented"]] == [
        "GET /predict: another method"
    ]
    assert {one["status"] for one in seen} == {200, 401, 405, 413, 422}


def test_verify_expects_a_status_of_each_request_of_the_script() -> None:
    assert [*references.STATUSES] == [
        name for name, _ in script(served(), MOST, np.random.default_rng(0))
    ]


@pytest.mark.parametrize("out", [1, 3])
def test_a_module_is_verified_against_itself(out: int) -> None:
    params = {"model": torch.nn.Linear(3, out), "data": None, "slack": 0.5, "seed": 0}
    given = references.inputs(params)
    ours, theirs = references.ours(given), references.theirs(given)
    assert ours.keys() == theirs.keys() == references.service_compared.tolerance.keys()
    np.testing.assert_allclose(ours["answers"], theirs["answers"], atol=1e-6)
    assert ours["statuses"].tolist() == theirs["statuses"].tolist()


# answered together --------------------------------------------------------------------------


def test_a_crowd_is_answered_together_and_each_with_its_own(service: Service) -> None:
    of = served()
    together = Together(of, 64)
    with serving(of, together) as service, Crowd() as crowd:
        found = crowd.call(service, of.bodies(50), 32, 400)
    assert set(found["statuses"]) == {200}
    assert together.answered == 400


def test_what_waits_when_the_model_is_free_is_one_batch_and_the_rest_the_next() -> None:
    of = served()
    together = Together(of, 3)

    async def five() -> list[Any]:
        return await asyncio.gather(*(together(row[None]) for row in of.rows[:50:10]))

    found = asyncio.run(five())
    assert (together.batches, together.answered) == (2, 5)
    for (labels, sure), row in zip(found, of.rows[:50:10], strict=True):
        alone = of.answer(row[None])
        assert labels == alone[0]
        np.testing.assert_allclose(sure, alone[1] or [], atol=1e-12)


def test_one_at_a_time_is_one_batch_each() -> None:
    of = served()
    together = Together(of, 1)
    with serving(of, together) as service, Crowd() as crowd:
        crowd.call(service, of.bodies(9), 8, 60)
    assert together.batches == together.answered == 60


def test_a_crowd_of_which_some_are_answered_counts_only_those() -> None:
    seen = Seen(times=[0.0, 4.0, 2.0, 0.0], statuses=[0, 200, 503, 0], answers=[], seconds=0.5)
    load = loaded(seen, Together(served(), 8))
    assert (load["p50"], load["p99"], load["rate"]) == (2.0, 4.0, 4.0)
    assert load["L"] == pytest.approx(4.0 * 0.003)
    assert load["together"] is None


def test_a_crowd_whose_process_is_gone_is_told_and_the_next_asks_anew(service: Service) -> None:
    with Crowd() as crowd:
        crowd.call(service, served().bodies(1), 1, 1)
        assert crowd._process is not None
        crowd._process.kill()
        with pytest.raises(MLError, match="the process of the clients has ended, with status -9"):
            crowd.call(service, served().bodies(1), 1, 1)
        assert crowd.call(service, served().bodies(1), 1, 1)["statuses"] == [200]


@pytest.mark.skipif(not hasattr(os, "getpgid"), reason="groups of processes are POSIX's")
def test_an_interrupt_of_the_notebook_is_not_for_the_crowd(service: Service) -> None:
    with Crowd() as crowd:
        crowd.call(service, served().bodies(1), 1, 1)
        assert crowd._process is not None
        assert os.getpgid(crowd._process.pid) != os.getpgid(0)


@pytest.mark.parametrize("n", [1, 2, 99, 100, 101])
def test_quantiles_are_those_of_numpy(n: int) -> None:
    t = np.random.default_rng(n).exponential(size=n)
    for q in (0.0, 0.5, 0.95, 0.99, 1.0):
        assert quantile(t.tolist(), q) == np.quantile(t, q, method="inverted_cdf")


# from the player ----------------------------------------------------------------------------


def test_a_server_that_is_down_answers_nobody_until_it_is_up_again() -> None:
    run = ml.play("mlops.fastapi", requests=0).step(1)
    run.set(up=False)
    assert run.step(1).trace["status"][-1] == 0
    run.set(up=True)
    assert run.step(1).trace["status"][-1] != 0
    run.stop()


def test_a_crowd_that_nobody_answers_has_no_times_and_no_rate() -> None:
    run = ml.play("mlops.fastapi", requests=35, clients=4, up=False).wait()
    last = run.trace.row(-1)
    assert (last["status"], last["documented"]) == (0, False)
    assert last["request"] == "POST /predict: 20 by 4 at once"
    assert last["codes"] == ("no answer",)
    for name in ("latency", "p50", "p95", "p99", "rate", "L", "together", "times"):
        assert np.isnan(np.asarray(last[name], float)).all(), name
    assert run.result["rate"] is None
    run.close()


def test_a_body_of_ones_own_is_asked_next_and_once_it_is_over_too() -> None:
    run = ml.play("mlops.fastapi", requests=0).step(2)
    run.set(ask=ml.Text("{}"))
    run.step(1)
    assert (run.trace["request"][-1], run.trace["asked"][-1]) == ("POST /predict: your own", "{}")
    run.wait().set(ask=ml.Text(served().bodies(1)[0]))
    assert run.trace["status"][-1] == 200
    assert threads() == []


@pytest.mark.parametrize("how", ["stop", "close", "restart", "forget"])
def test_the_server_ends_with_its_run(how: str) -> None:
    run: ml.Run | None = ml.play("mlops.fastapi", requests=0).step(1)
    assert run is not None
    port = int(run.trace["url"][-1].rpartition(":")[2])
    assert listening(port)
    if how == "restart":
        run.restart(requests=0, seed=1)
    elif how == "forget":
        run = None
        gc.collect()  # a run refers to itself
    else:
        getattr(run, how)()
    until(lambda: not listening(port), "its port is free")
    if run is not None:
        run.stop()
    until(lambda: threads() == [], "its thread has ended")


def test_the_server_and_its_crowd_end_with_a_generator_that_is_closed() -> None:
    frames = fastapi(requests=200)
    for frame in frames:
        if "at once" in frame["request"]:
            break
    port = int(frame["url"].rpartition(":")[2])
    assert listening(port)
    frames.close()
    assert not listening(port)
    assert threads() == []


KILLED = """
import mlwidgets as ml, os, sys
run = ml.play("mlops.fastapi", requests=100_000, port=0).step(16)
print(run.trace["url"][-1], flush=True)
run.start()
sys.stdin.readline()
os._exit(9)
"""


def test_nothing_is_left_where_the_kernel_dies() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], stdin=pipe, stdout=pipe, text=True
    ) as kernel:
        assert kernel.stdout is not None
        port = int(kernel.stdout.readline().strip().rpartition(":")[2])
        assert listening(port)
        kernel.kill()
    until(lambda: not listening(port), "its port is free")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ParamError, match=f"port={port}: is taken on this machine; 0 takes"):
            ml.play("mlops.fastapi", port=port)


@pytest.mark.parametrize("token", ["é", "abc ", " abc", "a\nb", "a\tb", "a\x7f", "\ud800"])
def test_a_token_that_no_header_carries_is_refused_and_not_told(token: str) -> None:
    with pytest.raises(ParamError) as caught:
        ml.play("mlops.fastapi", requests=0, token=token).step(1)
    assert str(caught.value) == "token: must be printable ASCII without blanks around it"


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A server that comes up, and ends once it may."""
    may = threading.Event()

    def serve(server: Any, place: socket.socket) -> None:
        with place:
            server.started = True
            may.wait(60)

    monkeypatch.setattr(serving_module, "_serve", serve)
    monkeypatch.setattr(serving_module, "GRACE", 0.01)
    monkeypatch.setattr(serving_module, "PATIENCE", 0.01)
    yield may
    may.set()


def test_a_server_that_goes_on_is_told_and_not_forgotten(stuck: threading.Event) -> None:
    service = serving(served())
    service.start()
    for again in (service.stop, service.stop, service.start):
        with pytest.raises(MLError, match=r"goes on, 0\.02 s after it was to end"):
            again()
    assert threads() == ["mlwidgets-service"]
    stuck.set()
    until(lambda: threads() == [], "its thread has ended")
    service.start()
    service.stop()
    assert threads() == []


@pytest.mark.parametrize("how", ["is not up after 0.05 s", "ended as it started"])
def test_a_server_that_does_not_come_up_is_told(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(server: Any, place: socket.socket) -> None:
        with place:
            until(lambda: server.should_exit or "ended" in how, "it may end")

    monkeypatch.setattr(serving_module, "_serve", serve)
    monkeypatch.setattr(serving_module, "PATIENCE", 0.05)
    with pytest.raises(MLError, match=how), serving(served()):
        pass
    assert threads() == []


def test_the_token_is_nowhere_in_a_file(tmp_path: Any) -> None:
    run = ml.play("mlops.fastapi", requests=0, token="an unlikely token").wait()
    run.save(tmp_path / "run.mlw")
    run.export(tmp_path / "run.html")
    for file in tmp_path.iterdir():
        assert b"unlikely token" not in file.read_bytes()


# models that cannot be served ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (LogisticRegression, "is a class: give a fitted model"),
        (LogisticRegression(), "is not fitted: call .fit"),
        (torch.nn.Conv2d(1, 1, 3), "must begin with a linear layer"),
        (3, "must be a fitted scikit-learn estimator"),
        ("model", "must be a fitted scikit-learn estimator"),
    ],
)
def test_what_cannot_be_served_is_told_why(model: Any, said: str) -> None:
    with pytest.raises(ParamError) as caught:
        ml.play("mlops.fastapi", model=model)
    assert said in str(caught.value)


def test_a_word_is_no_model() -> None:
    with pytest.raises(ParamError, match="must be an object: write \\$name"):
        fastapi.spec.parse({"model": "clf"})


def test_a_table_without_its_model_is_refused() -> None:
    with pytest.raises(ParamError, match="model: is needed beside data: give both, or none"):
        ml.play("mlops.fastapi", data={"a": [1.0]})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"a": [1.0]}, "data: has 1 columns, the model takes 2"),
        ({"a": [np.nan], "b": [1.0]}, "data: has no row without gaps"),
        ({"a": ["x"], "b": ["y"]}, "data: must be numbers in every feature"),
    ],
)
def test_a_table_that_does_not_fit_is_told_why(data: Any, said: str) -> None:
    model = LinearRegression().fit(np.eye(2), [0, 1])
    with pytest.raises(ParamError, match=said):
        ml.play("mlops.fastapi", model=model, data=data)
