//! The one binary: arguments, settings, wiring.

fn main() {}
