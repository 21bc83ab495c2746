"""`grader watch`: the checks of what is being written, run as soon as it is saved.

`course` is what there is to learn, `desk` what is known of it and what a key or a run makes of it,
and `screen` is the desk as text. `spares` keeps processes waiting with torch imported (`spare` is
their program), `keys` is the keyboard, `artist` draws what a finished exercise makes, and `loop`
holds them together.
"""
