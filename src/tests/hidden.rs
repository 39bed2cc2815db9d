//! Nothing secret lies anywhere.

use std::path::Path;

use aho_corasick::AhoCorasick;
use base64::{Engine, prelude::BASE64_STANDARD};
use sea_orm::ConnectionTrait;

use super::world::World;

impl World {
    /// No token, code, verifier or state that the ledger knows lies in the database's files or rows, or was in any answer.
    pub async fn holds_no_secret(&self) {
        let ledger = self.ledger().await;
        let tokens = ledger["tokens"].as_array().expect("a list");
        let secrets = tokens.iter().filter_map(|token| token["value"].as_str());
        let requests = ledger["requests"].as_array().expect("a list");
        let verifiers = requests.iter().filter_map(|request| request["code_verifier"].as_str());
        let states = ledger["authorizations"].as_array().expect("a list");
        let states = states.iter().filter_map(|asked| asked["state"].as_str());
        let secrets: Vec<_> = secrets.chain(verifiers).chain(states).map(str::to_owned).collect();
        self.hides(&secrets).await;
    }

    /// None of these lies in the database's files or rows, or was in any answer.
    pub async fn hides(&self, secrets: &[String]) {
        let mut places = self.heard.lock().expect("nobody panicked with it").clone();
        // The way to the network begins with an address that the state is in; nothing else may show it.
        places.retain(|answer| !answer.contains("location.replace("));
        places.extend(read_files(self.data.path()));
        places.push(self.dump().await);
        let forms: Vec<_> = secrets.iter().flat_map(|secret| forms(secret)).collect();
        if let Some((form, place)) = found(&forms, &places) {
            panic!("{form} lies open in {place:.300}");
        }
    }

    /// Every row of every table as text.
    async fn dump(&self) -> String {
        let mut all = String::new();
        for table in [
            "grants",
            "pages",
            "attempts",
            "revocations",
            "events",
            "sessions",
            "known_browsers",
            "links",
            "secrets",
            "network_apps",
            "checkups",
        ] {
            let rows = match self.app.store.backend() {
                crate::server::store::Backend::Postgres => {
                    let sql = format!("SELECT row_to_json(t)::text AS line FROM {table} t");
                    self.app
                        .store
                        .read()
                        .query_all_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql))
                        .await
                }
                crate::server::store::Backend::Sqlite => return all,
            };
            for row in rows.expect("the table is there") {
                all.push_str(&row.try_get::<String>("", "line").expect("it is text"));
            }
        }
        all
    }
}

/// One that lies somewhere. A soak has a hundred thousand of them, so all are looked for in one pass.
fn found<'a>(forms: &'a [String], places: &'a [String]) -> Option<(&'a str, &'a str)> {
    let all = AhoCorasick::new(forms).expect("not too many");
    places.iter().find_map(|place| all.find(place).map(|found| (&*forms[found.pattern()], &**place)))
}

#[test]
fn what_lies_open_is_found_wherever_it_is_and_in_whatever_form() {
    let secrets = ["sbxcanary-rt-00000001", "a password+12", "sbxcanary-rt-00000002"];
    let all: Vec<_> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    let harmless = "sbxcanary-rt-00000003 and much else besides".to_owned();
    assert_eq!(found(&all, std::slice::from_ref(&harmless)), None);
    for form in &all {
        for place in [form.clone(), format!("before{form}"), format!("{form}after"), format!("a{form}b")] {
            let places = [harmless.clone(), place.clone()];
            let told = found(&all, &places);
            assert!(told.is_some_and(|(form, at)| at == place && at.contains(form)), "{form} in {place}: {told:?}");
        }
    }
}

fn forms(secret: &str) -> Vec<String> {
    let hex = secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    // Whatever stands before it in the text that was encoded, one of three alignments shows its middle.
    let base64 = (0..3).map(|shift| {
        let encoded = BASE64_STANDARD.encode([&b"___"[..shift], secret.as_bytes()].concat());
        encoded[4..encoded.len() - 4].to_owned()
    });
    let url: String = oauth2::url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    [secret.to_owned(), hex, url].into_iter().chain(base64).collect()
}

fn read_files(folder: &Path) -> Vec<String> {
    let paths = std::fs::read_dir(folder).expect("the data folder").map(|file| file.expect("an entry").path());
    let read = |path: std::path::PathBuf| String::from_utf8_lossy(&std::fs::read(path).expect("a file")).into_owned();
    paths.filter(|path| path.is_file()).map(read).collect()
}
