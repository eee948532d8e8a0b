"""Kernels: lowerings of the dense form. Each takes (mechanism, value, where, present) and gives (B, H, Q, e)."""
