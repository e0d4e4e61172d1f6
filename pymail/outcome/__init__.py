"""What came of an attempt, and what to do about it."""
