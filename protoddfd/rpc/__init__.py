"""JSON-RPC 2.0 over a unix socket: framing, routing, the socket itself."""
