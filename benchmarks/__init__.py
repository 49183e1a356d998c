"""What mlwidgets is measured against, measured: each command here prints a table."""
