"""Proto-DDF: from a spreadsheet to a running web app, hundreds of them on one machine."""
