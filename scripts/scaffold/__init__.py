"""Writes the files of a new pass or op, the way docs/AddingAPass and AddingAnOp say."""
