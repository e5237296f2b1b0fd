"""``python -m mlsan``."""

from mlsan.cli import main

main()
