"""Orders given: checked against policy and against each other, previewed on what was really asked, kept, undone."""
