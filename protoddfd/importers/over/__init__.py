"""Apps over a database: a spec that says where the rows are, in place of a plan that copies them."""
