"""Serves a model file with llama.cpp's own server: `llama_server.py MODEL.gguf`; prints its address.

Needs the package xllamacpp on the path.
"""

import sys

import xllamacpp  # type: ignore[import-not-found,unused-ignore]  # installed for the one test that needs it


def main() -> None:
    """Serve until standard input ends."""
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.n_ctx = 8192
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cpuparams.n_threads = 2
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
