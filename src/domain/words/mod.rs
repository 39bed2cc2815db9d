//! Every text that a person reads, in one place per language, so that a second language is a file and not a hunt.

mod en;

pub use en::*;
