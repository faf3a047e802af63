"""Designers: from a description in words to a spec. What a description says is data, and never obeyed."""
