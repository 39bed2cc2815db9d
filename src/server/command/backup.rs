//! `greentick backup`: a copy of the database, while the server serves. The vault's key is never in it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{open_store, read, say};
use crate::{
    domain::Moment,
    server::{clock::Clock, pages, serve::StartError},
};

/// What to copy, and where to.
#[derive(Args)]
pub(super) struct Line {
    /// The new file, or a folder that is there.
    to: PathBuf,
    /// The settings file.
    #[arg(long, env = "GREENTICK_SETTINGS")]
    settings: Option<PathBuf>,
}

/// Runs the command.
pub(super) async fn run(line: Line) -> Result<(), StartError> {
    let store = open_store(&read(line.settings)?).await?;
    let now = Clock::default().now();
    let file = named(&line.to, now);
    let copy = store.copy_to(&file).await?;
    // One of an older greentick has no grants that could say it; it is copied as it is, before it is migrated.
    if store.is_migrated().await? {
        pages::are_copied(copy.db(), now).await?;
    }
    let size = copy.finish().await?;
    say(&format!("Wrote {} ({} kB), checked and readable by you only.", file.display(), size.div_ceil(1024)));
    say("The vault's key is not in it, and without the key no token in it can be read: keep a copy apart from it.");
    Ok(())
}

fn named(to: &Path, now: Moment) -> PathBuf {
    // Not every disk takes colons.
    let at = now.to_string().replace(':', "-");
    if to.is_dir() { to.join(format!("greentick-{at}.sqlite")) } else { to.to_owned() }
}
