"""Files that hold tables: which bytes are text, how rows are written, and the ways of writing a value."""
