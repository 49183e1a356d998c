"""Going back to what a run did: branches, comparisons, and the check against a reference."""
