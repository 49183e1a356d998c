"""MLOps: models in service."""
