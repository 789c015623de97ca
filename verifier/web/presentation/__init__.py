"""A report as what a page shows: pure functions from `verifier.report.Report` to plain values.

To add a case: a member of `Case` and its test in ``verifier/render/headline.py``; its words in
``titles.py``, ``vouchers.py``, ``states.py`` and ``band.py``. To add a check: its topic in
``sentences.py``. docs/design.md has the reasons.
"""
