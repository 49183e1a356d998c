r"""Attention as threads: who looks at whom, in every head or every layer of your own model.

Vig (2019), "A Multiscale Visualization of Attention in the Transformer Model",
ACL system demonstrations, 37-42. doi:10.18653/v1/P19-3007

    A_h = \text{softmax}(Q_h K_h^\top / \sqrt{d_k})        (1)  how strong a thread is
    n_h = \frac{1}{T} \sum_t e^{H(A_h[t, \cdot])}          (2)  tokens that a word looks at

Where: text sentence; heads heads; d_k features of a head; causal causal mask; tau temperature;
model your model; tokenizer its tokenizer; tokens words and marks; step layer or step; A threads;
spread tokens a word looks at; Q questions; K offers; V values; Z mixed values; Y output;
change change of the output by ablation.

What to watch: Point at a word to see its threads alone. Straight bundles look at a place, such as
the word before; fans look at a kind of word; an even veil looks at nothing in particular.

Try: causal=true  Why do all threads lean one way now?
Try: tau=4  Which pattern is the last to blur?
Try: heads=12  The last ones are random: how do you tell?

With `model=$bert tokenizer=$tok` each frame is a layer of that model. Weights show where a head
looks, not why a model decides: see Jain & Wallace, "Attention is not Explanation", NAACL.

In the file of `nlp.attention`: (1) is (2), (3) and (5).
"""

from __future__ import annotations

from mlwidgets import Bars, Heads

from .attention import attention

attention_viz = attention.preset(
    __doc__,
    Heads("A", "Threads", "from the left to the right", heads="heads", says="step", mode="threads"),
    Bars("spread", "Tokens a word looks at", "in each head, on average", labels="heads", wide=True),
    scale=True,
    ablate=[],
)
