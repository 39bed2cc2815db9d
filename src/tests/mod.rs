//! The whole server, as the outside sees it: over HTTP, on a real SQLite file and a real PostgreSQL, against the
//! sandbox on a port of its own. The sandbox's ledger is the judge, never the app's own word.

mod accounts;
mod callbacks;
mod connecting;
mod disconnecting;
mod disk;
mod events;
mod headers;
mod house;
mod inside;
mod keeping;
mod limits;
mod odd_answers;
mod person;
mod postgres;
mod sealed;
mod sizes;
mod start;
mod strangers;
mod stream;
mod world;

/// Runs each test on both databases. When its body has ended well, nothing secret may lie anywhere.
macro_rules! on_both {
    ($(async fn $name:ident($world:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($world: &World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let world = World::on_sqlite().await;
                body(&world).await;
                world.holds_no_secret().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let world = World::on_postgres().await;
                body(&world).await;
                world.holds_no_secret().await;
            }
        }
    )+};
}
pub(crate) use on_both;
