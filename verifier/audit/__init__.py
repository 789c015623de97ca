"""The auditor's walk: every record of the registry accounted for, at one stated block."""
