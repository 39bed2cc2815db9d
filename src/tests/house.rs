//! The house rules that a machine can check: which room may point at which, where a feature may be asked for, how long
//! a file may be.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Which rooms of the server a room may use. What is not here may use nothing of the server's.
const ARROWS: &[(&str, &[&str])] = &[
    ("store", &[]),
    ("vault", &["store"]),
    ("counts", &[]),
    ("events", &["counts", "store"]),
    ("networks", &["clock", "settings", "store", "vault"]),
    ("settings", &[]),
    ("clock", &[]),
    ("limits", &["clock"]),
    ("pages", &["vault", "events", "store", "networks", "workspaces"]),
    ("workspaces", &["events", "store", "vault"]),
    ("accounts", &["limits", "workspaces", "store", "vault"]),
    ("connect", &["accounts", "workspaces", "networks", "pages", "events", "vault", "store"]),
    ("courier", &["clock", "networks", "vault"]),
    ("keeper", &["accounts", "connect", "counts", "courier", "networks", "pages", "events", "vault", "store"]),
    (
        "http",
        &[
            "accounts",
            "counts",
            "limits",
            "settings",
            "workspaces",
            "connect",
            "networks",
            "pages",
            "events",
            "vault",
            "store",
        ],
    ),
    ("setup", &["events", "networks", "pages", "settings", "store"]),
    ("sandbox", &["sandbox"]),
];
const LINES_AT_MOST: usize = 350;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of the sources");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let name = |path: &Path| path.strip_prefix(&root).expect("it lies in src").display().to_string();
    let all = files(&root).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    all.map(|path| (name(&path), std::fs::read_to_string(&path).expect("a source"))).collect()
}

/// The rooms that a source names after `server::`, also in a list of imports.
fn used(source: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    let flat: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join(" ");
    for start in ["server::", "use super::super::"] {
        for rest in flat.split(start).skip(1) {
            rooms.extend(first_names(rest));
        }
    }
    rooms
}

/// Of `a::b` the `a`; of `{a::{b, c}, d}` the `a` and the `d`.
fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(list) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut names, mut depth, mut start) = (vec![], 0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(word(&list[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(word(&list[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn the_rooms_point_one_way() {
    for (file, source) in sources() {
        let Some(room) = file.strip_prefix("server/").and_then(|rest| rest.split(['/', '.']).next()) else { continue };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else { continue };
        for used in used(&source) {
            let is_room = ARROWS.iter().any(|(name, _)| *name == used);
            assert!(!is_room || used == room || allowed.contains(&used.as_str()), "{file} points at {used}");
        }
    }
}

#[test]
fn what_both_sides_speak_knows_nothing_of_either() {
    for (file, source) in sources() {
        let is = |room: &str| file.starts_with(&format!("{room}/"));
        let forbidden: &[&str] = if is("domain") {
            &["crate::server", "crate::ui", "crate::api", "crate::browser", "leptos", "web_sys", "sea_orm"]
        } else if is("ui") {
            &["crate::server", "web_sys"]
        } else if is("browser") {
            &["crate::server", "crate::ui", "crate::api"]
        } else if is("api") {
            &["web_sys", "crate::ui"]
        } else if is("server") {
            &["crate::ui", "crate::api", "crate::browser", "web_sys"]
        } else {
            &[]
        };
        let code: Vec<_> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for word in forbidden {
            assert!(!code.iter().any(|line| line.contains(word)), "{file} names {word}");
        }
    }
}

#[test]
fn only_the_library_asks_which_side_it_is_on() {
    for (file, source) in sources() {
        let asks =
            source.contains("cfg(feature") || source.contains("cfg(not(feature") || source.contains("cfg_attr(feature");
        assert!(!asks || file == "lib.rs" || file == "tests/house.rs", "{file} asks for a feature");
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for (file, source) in sources() {
        assert!(source.lines().count() <= LINES_AT_MOST, "{file} has {} lines", source.lines().count());
    }
}
