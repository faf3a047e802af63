"""One module per kind of source; `registry` says which is which."""
