"""Natural language: tokenizers, embeddings, attention and decoding."""
