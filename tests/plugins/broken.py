"""Every way in which we know a plugin to break: its source, and words its one line must have."""

from __future__ import annotations

HOOK = """
    from mlwidgets import hookimpl

    @hookimpl
    def mlwidgets_register(registry):
        registry.topic("halfway", "Registered before the fault")
        registry.algorithm("halfway.there", "{name}:there")
"""

BROKEN: dict[str, tuple[str, str]] = {
    "needs_a_module": (
        "import torch_geometric_nope\n",
        "the module 'torch_geometric_nope' is not installed: pip install dist-broken",
    ),
    "does_not_parse": ("def (:\n", "SyntaxError"),
    "leaves": ("raise SystemExit('bye')\n", "SystemExit: bye"),
    "raises_when_imported": ("1 / 0\n", "ZeroDivisionError: division by zero (broken.py, line 1)"),
    "raises_in_the_hook": (
        HOOK + "        1 / 0\n",
        "ZeroDivisionError: division by zero (broken.py, line 8)",
    ),
    "leaves_in_the_hook": (HOOK + "        raise SystemExit\n", "SystemExit"),
    "misspells_the_hook": (
        HOOK.replace("_register(", "_registr("),
        "unknown hook 'mlwidgets_registr'. Did you mean 'mlwidgets_register'?",
    ),
    "forgets_the_mark": (HOOK.replace("@hookimpl", ""), "put @hookimpl above it"),
    "has_no_hook": ("answer = 42\n", "has no hook"),
    "takes_two_arguments": (
        HOOK.replace("(registry):", "(registry, config):"),
        "its hook must read `def mlwidgets_register(registry):`",
    ),
    "is_from_the_future": (
        "MLWIDGETS_API = (2, 0)\n",
        "is written for plugin API 2.0, this mlwidgets has 1.0: pip install -U mlwidgets",
    ),
    "is_too_old": ("MLWIDGETS_API = (0, 9)\n", "pip install -U dist-broken"),
    "states_no_version": ("MLWIDGETS_API = '1.0'\n", "must be two numbers, as (1, 0)"),
    "returns_a_dict": (HOOK + "        return {'topic': 'x'}\n", "its hook returned a dict"),
    "yields": (HOOK + "        yield\n", "its hook returned a generator"),
    "takes_a_topic": (
        HOOK + "        registry.topic('rl', 'Mine now')\n",
        "topic 'rl' is mlwidgets's",
    ),
    "takes_an_algorithm": (
        HOOK + "        registry.algorithm('rl.q_learning', '{name}:mine')\n",
        "algorithm 'rl.q_learning' is mlwidgets's",
    ),
    "takes_a_verb": (HOOK + "        registry.topic('runs', 'Runs')\n", "'runs': is a verb of %ml"),
    "names_no_topic": (
        HOOK + "        registry.algorithm('halfwya.x', '{name}:x')\n",
        "no topic 'halfwya'. Did you mean 'halfway'?",
    ),
    "names_no_target": (
        HOOK + "        registry.algorithm('halfway.x', 'somewhere')\n",
        "'somewhere' is not 'package.module:name'",
    ),
    "gives_a_number": (HOOK + "        registry.topic(3, 'Three')\n", "topic 3: must be"),
    "declares_twice": (HOOK + "        registry.topic('halfway', 'Again')\n", "declared twice"),
}
