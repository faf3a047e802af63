"""The command-line client of protoddfd, and the client class for other programs."""
