"""Send mail as mailx does, and say clearly what came of it."""

__version__ = "0.1.0"
