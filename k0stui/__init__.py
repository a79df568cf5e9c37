"""k0stui: see what is wrong with a k0s cluster, repair it step by step, and prove that it is cured."""

__version__ = "0.1.0"
