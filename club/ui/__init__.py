"""What the two Kivy programs share: the window, the thread bridge, colours and fonts, and the widgets their screens are made of.

Nothing is imported here: a module of this room may open the window, and only a program's own start may do that.
"""
