//! Runs a command with stated files, network, time and memory, and nothing else.
