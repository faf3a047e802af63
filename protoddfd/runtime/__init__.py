"""The only mutable objects of the daemon: they join the core's decisions to the edge's effects."""
