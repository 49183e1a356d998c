r"""Reading a page: a docstring's parts, each in its place."""

from __future__ import annotations

from typing import Any

import pytest

from mlwidgets.page import Equation, Try, math_tree, read_page

DOC = r"""Q-learning: learn what each action is worth, off policy.

Watkins & Dayan (1992), "Q-learning",
Machine Learning 8, 279-292. doi:10.1007/BF00992698

    \delta = r + \gamma \max_{a'} Q(s', a') - Q(s, a)        (1)  TD error
    Q(s, a) \leftarrow Q(s, a) + \alpha \delta  (2)

Where: alpha learning rate; delta TD error;
Q value of an action.

What to watch: The values ask what the best action is worth,
not the next one.

Try: epsilon=0  Does it ever leave the path?
Try: alpha=1 gamma=0.9  Why is this
fine here?
"""
PAGE = read_page(DOC, "rl.q_learning")


def test_the_first_line_is_title_and_summary() -> None:
    assert PAGE.title == "Q-learning"
    assert PAGE.summary == "learn what each action is worth, off policy"


def test_the_citation_is_one_line_with_authors_year_and_doi() -> None:
    assert PAGE.citation.startswith('Watkins & Dayan (1992), "Q-learning", Machine')
    assert (PAGE.cite, PAGE.doi) == ("Watkins & Dayan, 1992", "10.1007/BF00992698")


def test_equations_are_numbered_and_may_have_words() -> None:
    first = r"\delta = r + \gamma \max_{a'} Q(s', a') - Q(s, a)"
    second = r"Q(s, a) \leftarrow Q(s, a) + \alpha \delta"
    assert PAGE.equations == (Equation(1, first, "TD error"), Equation(2, second, ""))


def test_where_gives_words_for_names_across_lines() -> None:
    assert PAGE.where == {
        "alpha": "learning rate",
        "delta": "TD error",
        "Q": "value of an action",
    }


def test_what_to_watch_is_one_text_across_lines() -> None:
    assert PAGE.watch == "The values ask what the best action is worth, not the next one."


def test_a_try_is_a_line_and_a_question() -> None:
    assert PAGE.tries == (
        Try("epsilon=0", "Does it ever leave the path?"),
        Try("alpha=1 gamma=0.9", "Why is this fine here?"),
    )


@pytest.mark.parametrize("doc", [None, "", "\n\n"])
def test_no_docstring_gives_a_title_from_the_name(doc: str | None) -> None:
    page = read_page(doc, "rl.deep_q")
    assert (page.title, page.summary, page.equations) == ("Deep q", "", ())


def test_a_docstring_without_structure_is_a_summary() -> None:
    page = read_page("Counts up.", "count")
    assert (page.title, page.summary, page.cite, page.doi) == ("Count", "Counts up", "", "")


def names_in(tree: Any) -> set[str]:
    if isinstance(tree, str):
        return set()
    own = {tree[1]["name"]} if "name" in tree[1] else set()
    return own.union(*map(names_in, tree[2:]))


def test_symbols_that_stand_for_columns_carry_their_names() -> None:
    tree = math_tree(PAGE.equations[0].tex, ["Q", "delta", "gamma", "eps"])
    assert tree[0] == "math"
    assert names_in(tree) == {"Q", "delta", "gamma"}


def test_variant_letters_stand_for_the_same_names() -> None:
    assert names_in(math_tree(r"\varepsilon + \phi", ["epsilon", "phi"])) == {"epsilon", "phi"}


def test_an_operator_is_named_as_it_is_read() -> None:
    for tex in (r"z = \arg\min_j d_j", r"\argmax_a Q", r"\argument"):
        assert (r"\arg" in str(math_tree(tex, []))) == (tex == r"\argument")
    assert ["mo", {}, "arg"] in math_tree(r"z = \arg\min_j d_j", [])[2]


def test_the_space_before_a_word_is_kept() -> None:
    assert ["mtext", {}, "\N{NO-BREAK SPACE}waits"] in math_tree(r"i \text{ waits}", [])[2]


def test_bad_tex_is_shown_as_it_was_typed() -> None:
    tree = math_tree(r"\frac{a", [])
    assert tree[0] == "math"
    assert r"\frac{a" in str(tree) or "a" in str(tree)


def test_markup_in_tex_stays_text() -> None:
    tree = math_tree(r"\text{<script>alert(1)</script>}", [])
    tags: set[str] = set()

    def walk(node: Any) -> None:
        if not isinstance(node, str):
            tags.add(node[0])
            for child in node[2:]:
                walk(child)

    walk(tree)
    assert "script" not in tags
