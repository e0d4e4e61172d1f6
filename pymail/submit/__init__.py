"""One letter from its words to its fate: prepare, deliver, keep."""
