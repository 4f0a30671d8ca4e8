"""The steps of a run between its plan and its stored results; `sparkguard.run` puts them in order.

`situation` sets what pinning brought, `incremental` what need not be read again, `observe` asks and
scans, `judging` concludes, `recording` stores.
"""
