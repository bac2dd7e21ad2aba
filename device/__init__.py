"""The program on the rack: camera to cue to store, one stage a module."""
