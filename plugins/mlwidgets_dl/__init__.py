"""Deep learning: layers, optimizers, training."""
