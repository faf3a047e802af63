"""Everything that crosses the socket: envelope, parameters, results, events and the METHODS table."""
