"""Pages: a run as a file that needs no kernel and no network."""
