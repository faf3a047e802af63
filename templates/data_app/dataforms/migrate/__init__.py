"""Changes of the spec that keep the data: compared, tried, backed up, applied and taken back."""
