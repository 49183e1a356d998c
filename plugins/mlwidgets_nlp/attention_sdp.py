r"""Scaled dot-product attention: a soft look-up, one matrix product at a time.

Vaswani et al. (2017), "Attention Is All You Need", section 3.2.1. doi:10.48550/arXiv.1706.03762

    S = Q K^\top                              (1)  scores: each question with each offer
    S \leftarrow S / (\tau \sqrt{d_k})        (2)  scale
    A = \text{softmax}(S)                     (3)  weights: each row sums to 1
    Z = A V                                   (4)  mix

Where: text sentence; d_k features; causal causal mask; scale divide by √d_k; tau temperature;
tokens words and marks; heads its one head; step what A is now; A weight of each token for each;
Q what a token asks; K what a token offers; V what a token says; Z what a token takes away;
Y output; spread tokens a word looks at; change change of the output by ablation.

What to watch: Step through it. Scores grow with the number of features; without the scale the
softmax gives nearly all weight to one token, and there is hardly a gradient left to learn from.

Try: scale=false  How many tokens does a word look at now?
Try: d_k=128 scale=false  Why is it worse with more features?
Try: causal=true  Which half of the matrix is gone, and why?

One head of `nlp.attention`, which compares the letters of the words. In its file:
(1) is (2); (2) is (3); (3) is (5); (4) is (6).
"""

from __future__ import annotations

from mlwidgets import Heads, Heatmap

from .attention import attention

attention_sdp = attention.preset(
    __doc__,
    Heads("A", "From each token to each token", says="step"),
    Heatmap("Q", "Q", "what a token asks", rows="tokens"),
    Heatmap("K", "K", "what a token offers", rows="tokens"),
    Heatmap("V", "V", "what a token says", rows="tokens"),
    Heatmap("Z", "Z = A V", "what a token takes away", rows="tokens"),
    heads=1,
    ablate=[],
    model=None,
    tokenizer=None,
)
