"""Natural language: tokenizers, embeddings, attention and decoding."""

from mlwidgets import Registration, hookimpl


@hookimpl
def mlwidgets_register(registry: Registration) -> None:
    registry.topic("nlp", "Natural language", extra="mlwidgets[nlp]")
    registry.algorithm(
        "nlp.bpe", "mlwidgets_nlp.bpe:bpe", reference="mlwidgets_nlp.references_bpe:tokenized"
    )
    registry.algorithm("nlp.attention_sdp", "mlwidgets_nlp.attention_sdp:attention_sdp")
    registry.algorithm("nlp.self_attention", "mlwidgets_nlp.self_attention:self_attention")
    registry.algorithm(
        "nlp.attention",
        "mlwidgets_nlp.attention:attention",
        reference="mlwidgets_nlp.references:attended",
    )
    registry.algorithm("nlp.attention_viz", "mlwidgets_nlp.attention_viz:attention_viz")
    registry.algorithm(
        "nlp.decoder",
        "mlwidgets_nlp.decoder:decoder",
        reference="mlwidgets_nlp.references_decoder:decoded",
    )
    registry.algorithm(
        "nlp.sampling",
        "mlwidgets_nlp.sampling:sampling",
        reference="mlwidgets_nlp.references_sampling:sampled",
    )
