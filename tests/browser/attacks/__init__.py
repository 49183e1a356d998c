"""Attacks that need a real page: hostile text, floods, cells run again, dying generators."""
