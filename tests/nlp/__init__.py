"""Natural language: what each system promises, beside its reference."""
