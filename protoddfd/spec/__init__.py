"""The AppSpec as the daemon sees it: dataforms' structs and rules, re-exported and never written twice."""

from dataforms.spec import AppSpec, Entity, Field, Problem, Relation, decode, encode, table_name

__all__ = ["AppSpec", "Entity", "Field", "Problem", "Relation", "decode", "encode", "table_name"]
