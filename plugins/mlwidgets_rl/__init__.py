"""Reinforcement learning: agents that learn by acting."""
