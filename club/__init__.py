"""What the programs share: the model, the wire, words, settings, the device half of the sync, widgets and the boards' renderer."""
