//! The data folder and the key file: there, ours to write, with room, and nobody else's to read.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access, statvfs};

use super::Finding;
use crate::server::{serve::key_file, settings::Settings};

const ABOUT: &str = "data";
/// With less than this the next days are not safe.
const LITTLE_ROOM: u64 = 1024 * 1024 * 1024;
/// With less than this the next hour is not.
const NO_ROOM: u64 = 64 * 1024 * 1024;

pub(super) fn look(settings: &Settings) -> Vec<Finding> {
    let folder = std::path::absolute(&settings.data).unwrap_or_else(|_| settings.data.clone());
    let mut found = match std::fs::metadata(&folder) {
        Ok(about) if about.is_dir() => {
            let mut found = vec![writable(&folder)];
            found.extend(private(&folder, about.permissions().mode(), 0o700));
            found
        }
        Ok(_) => vec![Finding::problem(
            ABOUT,
            format!("{} is no folder; move it away, or set data to another", folder.display()),
        )],
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => vec![missing(&folder)],
        Err(error) => vec![Finding::problem(
            ABOUT,
            format!(
                "{} cannot be looked into: {error}; let the user that runs greentick read and write it",
                folder.display()
            ),
        )],
    };
    found
        .extend(nearest(&folder).and_then(|there| statvfs(there).ok()).map(|disk| room(disk.f_bavail * disk.f_frsize)));
    found.extend(key(settings));
    found
}

/// The folder, or what is there of the way to it.
fn nearest(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|place| place.exists())
}

fn missing(folder: &Path) -> Finding {
    let place = nearest(folder).filter(|place| place.is_dir() && may_write(place));
    match place {
        Some(_) => Finding::ok(ABOUT, format!("{} is not there yet; the first start makes it", folder.display())),
        None => Finding::problem(
            ABOUT,
            format!(
                "{} is not there and cannot be made; make it, and let the user that runs greentick write it",
                folder.display()
            ),
        ),
    }
}

fn writable(folder: &Path) -> Finding {
    if may_write(folder) {
        return Finding::ok(ABOUT, format!("{} is there and can be written", folder.display()));
    }
    Finding::problem(
        ABOUT,
        format!("{} cannot be written by this user; let the user that runs greentick write it", folder.display()),
    )
}

/// Asks the system instead of trying: nothing is written here.
fn may_write(place: &Path) -> bool {
    access(place, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

fn room(free: u64) -> Finding {
    let mib = free / 1024 / 1024;
    match free {
        ..NO_ROOM => Finding::problem(
            ABOUT,
            format!("only {mib} MiB are free on its disk; make room, or nothing can be saved soon"),
        ),
        ..LITTLE_ROOM => {
            Finding::warning(ABOUT, format!("only {mib} MiB are free on its disk; make room in the next days"))
        }
        _ => Finding::ok(ABOUT, format!("{mib} MiB are free on its disk")),
    }
}

/// Says it where others may read.
fn private(place: &Path, mode: u32, wanted: u32) -> Option<Finding> {
    (mode & 0o077 != 0).then(|| {
        Finding::warning(
            ABOUT,
            format!("other users may look into {} (mode {:03o}); chmod {wanted:o} it", place.display(), mode & 0o777),
        )
    })
}

fn key(settings: &Settings) -> Option<Finding> {
    let file: PathBuf = key_file(settings);
    let about = std::fs::metadata(&file).ok().filter(|_| settings.vault_keys.is_none())?;
    private(&file, about.permissions().mode(), 0o600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::doctor::Level;

    #[test]
    fn room_is_told_before_there_is_none() {
        let level = |mib: u64| room(mib * 1024 * 1024).level;
        assert_eq!((level(10), level(63)), (Level::Problem, Level::Problem));
        assert_eq!((level(64), level(1_023)), (Level::Warning, Level::Warning));
        assert_eq!((level(1_024), level(900_000)), (Level::Ok, Level::Ok));
    }

    #[test]
    fn what_others_may_read_is_told_with_the_cure() {
        let place = Path::new("/x/vault.key");
        assert_eq!(private(place, 0o100_600, 0o600), None);
        let found = private(place, 0o100_644, 0o600).expect("others may read it");
        assert!(found.text.contains("mode 644") && found.text.contains("chmod 600"), "{found}");
    }
}
