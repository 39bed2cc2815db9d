//! `greentick keys`: the vault's keys, from the terminal, while servers serve. No key is ever shown, but the new one that
//! a person must put where we cannot write.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::{open_store, read, say};
use crate::server::{
    clock::Clock,
    serve::{self, StartError},
    settings::Settings,
    store::Store,
    vault::{self, Canary, KeyUse, Keys, KeysError, Moved, Vault},
};

/// The vault's keys.
#[derive(Args)]
pub(super) struct Line {
    /// The settings file.
    #[arg(long, env = "GREENTICK_SETTINGS", global = true)]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Make a new key, as the last line of the key file; where there is no file, show the line to add.
    Add,
    /// List the keys: which one seals what is new, and what needs each.
    List,
    /// Wrap every workspace's data key by the first key. Servers go on; run it again when it was stopped.
    Rotate {
        /// First make this key the first line of the key file.
        id: Option<String>,
        /// Also give every workspace a new data key, and seal its values anew.
        #[arg(long)]
        data_keys: bool,
    },
    /// Retire a key that nothing needs any more, and take its line out of the key file.
    Retire {
        /// The key's id.
        id: String,
    },
}

/// Runs the command.
pub(super) async fn run(line: Line) -> Result<(), StartError> {
    let settings = read(line.settings)?;
    let keys = serve::read_keys(&settings)?;
    let store = open_store(&settings).await?;
    store.migrate().await?;
    match line.what {
        What::Add => add(&keys)?,
        What::List => list(&keys, &store).await?,
        What::Rotate { id, data_keys } => {
            let keys = match id {
                Some(id) => put_first(&settings, keys, &store, id).await?,
                None => keys,
            };
            rotate(keys, &store, data_keys).await?;
        }
        What::Retire { id } => retire(&keys, &store, &id).await?,
    }
    Ok(())
}

/// The key file, unless the keys are given by somebody else.
fn writable(keys: &Keys) -> Option<&Path> {
    keys.file().filter(|file| serve::credential().is_none_or(|credential| *file != credential))
}

/// Where a person adds a line and takes one out.
fn place(keys: &Keys) -> String {
    match (keys.file(), writable(keys)) {
        (Some(_), None) => "the file that LoadCredential names".to_owned(),
        _ => keys.place(),
    }
}

fn add(keys: &Keys) -> Result<(), StartError> {
    let (id, line) = vault::new_line();
    let place = place(keys);
    if let Some(file) = writable(keys) {
        Keys::add_to(file, &line)?;
        say(&format!("The new key {id} is the last line of {place}. It seals nothing yet."));
        say("Keep a copy of the file apart from the database's backups, and give it to every server that has its own.");
        say(&format!("Then run `greentick keys rotate {id}`."));
        return Ok(());
    }
    say(&format!("The new key {id}. Add this line as the last one to {place} of every server:"));
    say(line.expose_secret());
    say("Keep a copy apart from the database's backups, and start the servers anew, one after the other.");
    say("Then make it the first line everywhere, start them anew once more, and run `greentick keys rotate`.");
    Ok(())
}

async fn list(keys: &Keys, store: &Store) -> Result<(), StartError> {
    say(&format!("Keys in {}:", keys.place()));
    for key in vault::key_uses(keys, store).await? {
        say(&told(&key));
    }
    Ok(())
}

fn told(key: &KeyUse) -> String {
    let what = match key.canary {
        Canary::DoesNotOpen => "is NOT the key that sealed this database: put the right one back",
        Canary::NotTried => "is NOT here: add its line",
        Canary::Retired => "was retired: take its line out",
        _ if !key.is_here => "is NOT here: add its line",
        _ if key.is_first => "seals what is new",
        _ if key.needs.data_keys == 0 => "is not needed: rotate to it, or retire it",
        _ => "opens what it sealed",
    };
    let canary = match key.canary {
        Canary::Opens => "its canary opens",
        Canary::None => "it has no canary yet",
        Canary::DoesNotOpen => "its canary does not open",
        Canary::NotTried => "its canary was not tried",
        Canary::Retired => "its canary is put away",
    };
    let (data_keys, values) = (key.needs.data_keys, key.needs.values);
    format!("{}  {what}; wraps {data_keys} data keys, which open {values} values; {canary}", key.id)
}

async fn put_first(settings: &Settings, keys: Keys, store: &Store, id: String) -> Result<Keys, StartError> {
    if keys.first() == id {
        return Ok(keys);
    }
    if !keys.ids().any(|own| own == id) {
        return Err(KeysError::Unknown { place: keys.place(), id }.into());
    }
    let Some(file) = writable(&keys) else {
        return Err(KeysError::NotFirst { place: place(&keys), id }.into());
    };
    // A key that is not the right one must not become the first.
    vault::check(&keys, store).await?;
    Keys::put_first_in(file, &id)?;
    Ok(serve::read_keys(settings)?)
}

async fn rotate(keys: Keys, store: &Store, data_keys: bool) -> Result<(), StartError> {
    let first = keys.first().to_owned();
    let vault = Vault::open(keys, store).await?;
    let moved = vault.wrap_anew(store).await?;
    say(&format!("{} data keys are wrapped by {first} now.", moved.rows));
    whole(&moved)?;
    if data_keys {
        let (renewed, moved) = vault.renew_data_keys(store, Clock::default().now()).await?;
        say(&format!("{renewed} workspaces have a new data key; {} values are sealed anew.", moved.rows));
        if renewed == 0 && moved.rows > 0 {
            say("That ends a rotation that was begun before; run it again for another.");
        }
        whole(&moved)?;
    }
    let left = vault::key_uses(&vault.keys(), store).await?;
    for key in left.iter().filter(|key| !key.is_first && key.is_here && key.needs.data_keys == 0) {
        say(&format!("Nothing needs {} any more: `greentick keys retire {}`.", key.id, key.id));
    }
    Ok(())
}

fn whole(moved: &Moved) -> Result<(), StartError> {
    let why = moved.why.clone().unwrap_or_default();
    if moved.stuck == 0 { Ok(()) } else { Err(StartError::Stuck { rows: moved.stuck, why }) }
}

async fn retire(keys: &Keys, store: &Store, id: &str) -> Result<(), StartError> {
    vault::retire(keys, store, id, Clock::default().now()).await?;
    let is_here = keys.ids().any(|own| own == id);
    if !is_here {
        say(&format!("The key {id} is retired; it was not among the keys in {}.", keys.place()));
        return Ok(());
    }
    if let Some(file) = writable(keys) {
        Keys::take_out_of(file, id)?;
        say(&format!("The key {id} is retired, and its line is gone from {}.", keys.place()));
    } else {
        say(&format!("The key {id} is retired. Take the line that begins with {id}: out of {}.", place(keys)));
    }
    say("Backups from before need it: keep your copy of it, or make a new backup.");
    Ok(())
}
