//! Sentences about the sandbox that could be false.

mod browser;
mod consents;
mod endings;
mod odd_days;
mod tokens;

const NETWORKS: [&str; 4] = super::NETWORK_IDS;
