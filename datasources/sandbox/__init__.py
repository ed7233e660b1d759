"""The outside world in one process: payments, exchange rates and carriers, for development and tests, over real HTTP.

It imports none of Heddle's layers, and Heddle knows it only by its URL. `process.Sandbox` starts it.
"""
