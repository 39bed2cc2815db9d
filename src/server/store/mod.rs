//! The database: SQLite by default, PostgreSQL by one setting; one shape and one set of statements for both.
//!
//! Tables are owned: each room keeps its rows to itself (`rows.rs`). This room knows how to open, migrate, and write,
//! and holds the two rules that every write obeys: a write names its workspace, and writes of one workspace take turns.

mod columns;
mod copy;
mod look;
mod open;
mod padded;
mod writing;

pub use columns::Json;
pub use copy::{CopyError, Unnamed};
pub use look::Shape;
pub use open::{Backend, Store, StoreError, is_full};
pub use padded::padded;
pub use writing::{Note, Writing};
