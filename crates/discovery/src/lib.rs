//! Searches programs and ideas: propose, evaluate, select, remember.
