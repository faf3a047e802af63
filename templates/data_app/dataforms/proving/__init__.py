"""The tests that follow from a spec: each of its rules with a record that keeps it and one that breaks it."""
