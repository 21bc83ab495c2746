"""One small module for each format that `--report` names."""
