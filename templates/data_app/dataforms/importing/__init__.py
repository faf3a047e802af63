"""Records of a file into a table that is there: columns mapped, records matched, faults told."""
