"""A message made tamper-evident or secret before it leaves."""
