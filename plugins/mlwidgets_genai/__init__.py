"""Generative models: text, images, agents."""
