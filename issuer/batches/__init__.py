"""From a source to anchored files: plan, hash, sign, anchor, write, check."""
