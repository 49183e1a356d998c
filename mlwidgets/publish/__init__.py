"""Publishing: a notebook as one offline page, or as a deck."""
