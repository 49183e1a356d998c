"""Foundations: the methods everything else stands on."""
