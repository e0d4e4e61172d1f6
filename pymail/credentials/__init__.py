"""Sources and stores of secrets."""
