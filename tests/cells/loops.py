"""Twelve loops as people write them: each must go on as if nobody recorded it."""

from __future__ import annotations

LOOPS = {
    "plain": """
        total = 0.0
        for k in range(5):
            loss = 1 / (k + 1)
            total += loss
        total
    """,
    "in a function": """
        class Meter:
            def __init__(self):
                self.__seen = []

            def train(self, steps, *, scale=2.0):
                loss = None
                history = []

                def push(value):
                    nonlocal history
                    history = [*history, value]

                for step in range(steps):
                    loss = scale / (step + 1)
                    push(lambda: loss)
                    self.__seen.append(sorted(locals()))
                return loss, [read() for read in history], self.__seen

        meter = Meter()
        loss, read, seen = meter.train(4)
        seen, read, loss
    """,
    "while": """
        x, loss = 4.0, None
        while (loss := x * x) > 1e-3:
            x -= 0.25 * 2 * x
        else:
            ended = "small"
        print(ended, loss)
    """,
    "nested": """
        loss = 0
        for epoch in range(3):
            for batch in range(2):
                loss += epoch * batch
                squares = [loss for loss in range(3)]
            print("epoch", epoch, loss)
        {"loss": loss, "squares": squares}
    """,
    "tqdm": """
        import sys
        from tqdm import tqdm
        bar = tqdm(range(3), file=sys.stdout, bar_format="{l_bar}{n_fmt}/{total_fmt}", ncols=40)
        for k in bar:
            loss = 3 - k
            bar.set_postfix(loss=loss)
        bar.n
    """,
    "async": """
        import asyncio

        async def batches():
            for k in range(4):
                await asyncio.sleep(0)
                yield k

        async for k in batches():
            loss = k * k
            await asyncio.sleep(0)
        await asyncio.sleep(0, result=loss)
    """,
    "break and else": """
        for start in (1, 2, 3):
            for k in range(start, 9):
                loss = k % 4
                if not loss:
                    break
            else:
                print("no break")
            print(start, k, loss)
    """,
    "continue": """
        seen = []
        for k in range(8):
            if k % 3 == 0:
                continue
            if (loss := k * 0.5) > 3:
                continue
            seen.append(loss)
        seen
    """,
    "return": """
        def search(limit):
            for k in range(100):
                try:
                    loss = (k - 5) ** 2
                    if loss <= limit:
                        return k, loss
                finally:
                    print("tried", k)

        search(4)
    """,
    "an exception": """
        def step(k):
            return 1 / (3 - k)

        for k in range(5):
            loss = step(k)
        print("never here")
    """,
    "an exception that is caught": """
        caught = []
        for k in range(4):
            try:
                loss = 1 / (2 - k)
            except ZeroDivisionError as error:
                caught.append(f"{k}: {error}")
                del loss
                continue
            with open(__import__("os").devnull) as nothing:
                rest: int = len(nothing.read())
        caught;
    """,
    "prints": """
        import sys
        from contextlib import suppress
        print("begin")
        for k, (a, *b) in enumerate([(1, 2), (3, 4, 5)]):
            print(k, end=" ")
            display({"k": k})
            loss = a + sum(b)
            print("!", file=sys.stderr)
        with suppress(KeyError):
            print(loss, flush=True)
            {}["end"]
        _
    """,
}
"""Loop by what is tricky about it; each assigns `loss`."""
PASSES = {
    "plain": 5, "in a function": 4, "while": 7, "nested": 6, "tqdm": 3, "async": 4,
    "break and else": 9, "continue": 5, "return": 4, "an exception": 3,
    "an exception that is caught": 3, "prints": 2,
}  # fmt: skip
"""How many passes of it assign `loss`."""
