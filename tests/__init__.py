"""The tests: one file per core file, the contract over every algorithm, and a real browser."""
