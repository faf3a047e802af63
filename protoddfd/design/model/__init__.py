"""The designer with a language model: the rules' draft goes in, a patch comes out, and is judged."""
