"""The command line: each command reads arguments, calls one function and renders the answer."""
