r"""Self-attention: every word looks at the others, and is made anew from what it sees.

Lin et al. (2017), "A Structured Self-attentive Sentence Embedding", ICLR.
doi:10.48550/arXiv.1703.03130

    q_t = x_t W^Q, \quad k_s = x_s W^K, \quad v_s = x_s W^V          (1)  three views
    a_{ts} = \text{softmax}_s(q_t \cdot k_s / (\tau \sqrt{d_k}))     (2)  how much t looks at s
    z_t = \sum_s a_{ts} v_s                                          (3)  what it takes away

Where: text sentence; d_k features of a head; causal causal mask; tau temperature; tokens words;
heads four heads; step what A is now; A how much a word looks at each; Q questions; K offers;
V values; Z answers; Y answers of all heads together; spread words that a word looks at;
change change of the output by ablation.

What to watch: Pick a word: each line is one head, and the colour is how much the word looks at each
other. The same word twice asks the same, and gets an answer that depends on its place.

Try: causal=true  Where does the first word look when it may not look ahead?
Try: tau=0.1  A sharper softmax: which heads only have one answer left?
Try: tau=10  What is left of the questions?

Four heads of `nlp.attention`, here in the form of Vaswani et al. (2017). In its file:
(1) is (1); (2) is (2), (3) and (5); (3) is (6).
"""

from __future__ import annotations

from mlwidgets import Heatmap, Tokens

from .attention import attention

self_attention = attention.preset(
    __doc__,
    Tokens("tokens", "Where a word looks", "in each head", weight="A", heads="heads"),
    Heatmap("Q", "Questions Q", "of each word, by head", rows="tokens"),
    Heatmap("K", "Offers K", "of each word, by head", rows="tokens"),
    Heatmap("V", "Values V", "of each word, by head", rows="tokens"),
    Heatmap("Z", "Answers Z", "mixed from the values", rows="tokens"),
    heads=4,
    scale=True,
    ablate=[],
    model=None,
    tokenizer=None,
)
