"""AutoML."""
