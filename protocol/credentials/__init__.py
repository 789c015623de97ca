"""A credential: read, guarded, canonicalised, and what of it may be shown."""
