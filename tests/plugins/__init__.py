"""Plugins of strangers: `walkers` is a project to install, the others are written by the tests."""
