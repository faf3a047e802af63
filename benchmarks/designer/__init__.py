"""How well apps are designed from descriptions, against the answers of careful analysts."""
