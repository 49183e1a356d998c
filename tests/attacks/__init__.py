"""Attacks: hostile input, bad luck and unlucky order, each as a test."""
