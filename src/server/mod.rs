//! What only the server knows.

pub mod sandbox;
