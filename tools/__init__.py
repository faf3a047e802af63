"""Programs for those who work on Proto-DDF."""
