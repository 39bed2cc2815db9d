//! What must be true of every reader of bytes that strangers send: the callback's query, a network's token answer and
//! its refusals, a sealed value, a network definition, `Last-Event-ID`.
//!
//! Each function takes any bytes, has the reader read them, and panics when what came out is not what may come out. They
//! are written once for two: the property tests beside them, and the fuzz targets in `fuzz/`, which lie outside of the
//! crate and have no other door. Only builds for these two have this module.

mod callback_query;
mod last_event_id;
mod network_definition;
mod refusal;
mod sealed_value;
#[cfg(test)]
mod tests;
mod token_answer;

pub use callback_query::callback_query;
pub use last_event_id::last_event_id;
pub use network_definition::network_definition;
pub use refusal::refusal;
pub use sealed_value::sealed_value;
pub use token_answer::token_answer;
