"""What one caller may ask for, before anything is done for it.

admission.py    who may run an operation now
refusals.py     what callers are told who may not
"""
