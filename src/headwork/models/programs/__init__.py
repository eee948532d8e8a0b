"""Small typed programs over a table: what they are, how they run, and which of them a question may mean.

A program is data, a choice among a closed set of operations; nothing of it is evaluated as code. No torch.
"""
