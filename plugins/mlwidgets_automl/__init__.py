"""AutoML: searching for models and their settings."""
