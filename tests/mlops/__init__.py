"""MLOps: what each system promises, beside its reference."""
