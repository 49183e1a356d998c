"""A real JupyterLab driven by a real Chromium."""
