"""What `make lab` and `make test` do, in the standard library alone: it runs anywhere."""
