"""The pages that people see: state, layout, table and form."""
