"""A grid world: cells are states, and a move costs one.

Sutton & Barto (2018), "Reinforcement Learning: An Introduction", 2nd ed., example 6.6 (the cliff).

Every move gives reward -1. Stepping off the cliff gives -100 and leads back to the start. Walls and
the rim hold the agent where it is. The goal ends the episode.
"""

from __future__ import annotations

from mlwidgets import Grid

CLIFF = Grid("............", "............", "............", "SCCCCCCCCCCG")
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left


class GridWorld:
    """What each move does: `step(s, a)` gives next state, reward, and whether it ends there."""

    def __init__(self, grid: Grid) -> None:
        cells = grid.cells
        self.grid = grid
        self.start = cells.index("S")
        self.states = len(cells)
        self._moves = [[self._move(s, a) for a in range(len(MOVES))] for s in range(len(cells))]

    def step(self, s: int, a: int) -> tuple[int, float, bool]:
        return self._moves[s][a]

    def _move(self, s: int, a: int) -> tuple[int, float, bool]:
        rows, columns = self.grid.shape
        row, column = s // columns + MOVES[a][0], s % columns + MOVES[a][1]
        if not (0 <= row < rows and 0 <= column < columns) or self.grid.rows[row][column] == "#":
            return s, -1.0, False
        cell = self.grid.rows[row][column]
        if cell == "C":
            return self.start, -100.0, False
        return row * columns + column, -1.0, cell == "G"
