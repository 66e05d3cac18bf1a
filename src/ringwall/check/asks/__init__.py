"""The questions that people ask. Each is a view of the relation: nothing is judged here."""
