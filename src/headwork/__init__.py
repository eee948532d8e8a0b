"""headwork: learning with attention and with adversaries.

`import headwork` imports neither torch nor scikit-learn; each command and each name loads what it needs.
"""

__version__ = "0.1.0"
