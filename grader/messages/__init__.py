"""What crosses between judge and sandbox: typed messages over one socket, and nothing else.

Both sides import this package; it knows neither tests nor students.
"""
