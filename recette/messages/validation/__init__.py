"""Judging one message: validity layer by layer, and what is wrong in words."""
