"""A program of its own: reads files, writes apps, and is ended when it overruns."""
