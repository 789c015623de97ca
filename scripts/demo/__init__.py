"""The whole story in a minute: issue a cohort, then show the five answers a checker must give."""
