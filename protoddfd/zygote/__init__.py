"""The zygote: a program of its own; of the daemon it knows its messages only."""
