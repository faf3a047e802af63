"""The logger: a program of its own, standard library only."""
