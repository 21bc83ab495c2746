"""The trusted process: grades one submission."""
