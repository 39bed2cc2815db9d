//! What waits: answers that were kept, the courier, refreshes and checks that are overdue.

use std::{fs::File, io::Read, path::Path, time::Duration};

use super::{Finding, Known, counted, unread};
use crate::server::{clock::Clock, connect, courier::Courier, pages, settings::Settings};

const ABOUT: &str = "work";
/// Work that waits longer than this is not just in turn.
const BEHIND: Duration = Duration::from_mins(15);
/// And longer than this nobody does it.
const FAR_BEHIND: Duration = Duration::from_hours(6);

pub(super) async fn look(settings: &Settings, store: Known<'_>, clock: &Clock) -> Vec<Finding> {
    let folder = settings.data.join("spool");
    let mut found = vec![];
    if folder.is_dir() {
        found.push(spool(&folder));
        found.push(if !settings.courier {
            Finding::warning(
                ABOUT,
                "courier is false, so a crash may lose permissions of networks whose refresh tokens are good for one use",
            )
        } else if Courier::of(folder).runs().await {
            Finding::ok(ABOUT, "the courier runs")
        } else {
            Finding::ok(ABOUT, "the courier does not run; it is started when it is needed")
        });
    }
    if let Some(store) = store {
        match pages::behind(store.read(), clock.now()).await {
            Ok(behind) => found.push(backlog(&behind)),
            Err(error) => found.push(unread(ABOUT, &error)),
        }
        match connect::count_owed(store.read()).await {
            Ok(owed) => {
                let owed: i64 = owed.iter().map(|(.., count)| count).sum();
                let text = format!("{} owed back to networks", counted(owed.unsigned_abs(), "permission"));
                found.push(Finding::ok(ABOUT, text));
            }
            Err(error) => found.push(unread(ABOUT, &error)),
        }
    }
    found
}

fn backlog(all: &[pages::Behind]) -> Finding {
    let due: i64 = all.iter().map(|behind| behind.due).sum();
    let lag = all.iter().map(|behind| behind.lag).max().unwrap_or_default();
    let text = format!("checks and refreshes that are due: {due}, the longest for {} s", lag.as_secs());
    match lag {
        _ if due == 0 => Finding::ok(ABOUT, "no check and no refresh is overdue"),
        lag if lag < BEHIND => Finding::ok(ABOUT, text),
        lag if lag < FAR_BEHIND => Finding::warning(
            ABOUT,
            format!("{text}; a network that does not answer is waited for, else see whether the server keeps up"),
        ),
        _ => Finding::problem(ABOUT, format!("{text}; start the server, or see in its log what holds it up")),
    }
}

/// Files of processes that are gone. One that is held belongs to a process that lives.
fn spool(folder: &Path) -> Finding {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "spool"));
    let (mut left, mut lines) = (0, 0);
    for mut file in files.filter_map(|path| File::open(path).ok()) {
        if file.try_lock_shared().is_err() {
            continue;
        }
        let mut text = String::new();
        let _ = file.read_to_string(&mut text);
        left += 1;
        lines += u64::try_from(text.lines().count()).unwrap_or(u64::MAX);
    }
    match (left, lines) {
        (0, _) | (_, 0) => Finding::ok(ABOUT, "nothing is left in the spool"),
        (_, lines) => Finding::warning(
            ABOUT,
            format!(
                "{} of a process that is gone lie in {}; the next start saves them",
                counted(lines, "kept answer"),
                folder.display()
            ),
        ),
    }
}
