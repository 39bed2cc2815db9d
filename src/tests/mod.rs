//! The whole server, as the outside sees it: over HTTP, on a real SQLite file and a real PostgreSQL, against the
//! sandbox on a port of its own. The sandbox's ledger is the judge, never the app's own word.

mod abilities;
mod accounts;
mod activity;
mod apps;
mod behaviours;
mod bound;
mod bound_tokens;
mod by_hand;
mod callbacks;
mod codes;
mod connecting;
mod disconnecting;
mod disk;
mod doctor;
mod dying;
mod ends;
mod errands;
mod events;
mod fixation;
mod form_post;
mod headers;
mod hidden;
mod house;
mod id_tokens;
mod inside;
mod instances;
mod interrupted;
mod keeping;
mod keys;
mod kills;
mod limits;
mod malformed;
mod metrics;
mod mishaps;
mod mix_up;
mod neighbours;
mod odd_answers;
mod outage;
mod person;
mod picking;
mod pkce;
mod postgres;
mod processes;
mod races;
mod refreshing;
mod sealed;
mod seats;
mod security_events;
mod setting_up;
mod settings;
mod siblings;
mod size;
mod sizes;
mod spool;
mod stage;
mod start;
mod strangers;
mod stream;
mod taken_up;
mod talkative;
mod told;
mod towns;
mod unclear;
mod victim;
mod world;
mod wrong_account;

/// Runs each test on both databases, with the definitions that stand before it. When its body has ended well, nothing
/// secret may lie anywhere.
macro_rules! on_both {
    (with $extra:expr; $(async fn $name:ident($world:ident) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($world: &World) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let world = World::on_sqlite_with($extra).await;
                body(&world).await;
                world.holds_no_secret().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let world = World::on_postgres_with($extra).await;
                body(&world).await;
                world.holds_no_secret().await;
            }
        }
    )+};
    ($(async fn $name:ident($world:ident) $body:block)+) => {
        on_both! { with vec![]; $(async fn $name($world) $body)+ }
    };
}
pub(crate) use on_both;
