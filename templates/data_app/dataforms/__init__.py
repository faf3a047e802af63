"""The runtime of a data app: renders and keeps what `appspec.json` describes. Import its modules, not it."""
