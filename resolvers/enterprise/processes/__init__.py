"""Processes that run themselves: workflows as data, their runs step by step, and approvals.

conditions.py   the small language in which a workflow says when
triggers.py     the events that workflows can begin with, and the fields of each
definitions.py  what a workflow is: its trigger and steps, typed, checked, kept as JSON
"""
