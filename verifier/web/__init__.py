"""The verifier on the web: the same report as a page for people and as JSON for programs.

Nothing that is sent here is kept: a credential lives as long as its request.
"""
