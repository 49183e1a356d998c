"""Vision: filters, features, networks that see."""
