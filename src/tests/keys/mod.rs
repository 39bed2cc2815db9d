//! The vault's keys and the backups, as an operator meets them: by the command line, while servers serve.

mod backups;
mod older;
mod retiring;
mod rotating;
mod seeded;
mod swaps;

use std::path::PathBuf;

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::process::Command;

use super::world::{World, front, settings};
use crate::{
    domain::{PageId, Status, WorkspaceId},
    server::{App, clock::Clock, command, pages, serve, settings::Settings, vault::Keys},
};

/// The words of the command line, one a line.
const WORDS: &str = "VAULT_WORDS";

/// A world whose database is looked after by the command line, and by processes that read a key file.
pub struct Shop {
    pub world: World,
    database: Option<String>,
}

/// What a command said, and whether it was content.
#[derive(Debug)]
pub struct Said {
    pub text: String,
    pub is_content: bool,
}

impl Shop {
    pub async fn on(database: Option<String>) -> Self {
        let world = World::with(database.clone().map(Into::into), vec![]).await;
        let shop = Self { world, database };
        if let Some(url) = &shop.database {
            // The world itself has this key from a setting.
            std::fs::write(shop.file(), format!("t:{}\n", BASE64_STANDARD.encode([7; 32]))).expect("it can be written");
            shop.sets(&format!("database_url = {url:?}\nvault_key_file = {:?}\n", shop.file()));
        } else {
            shop.sets("");
        }
        shop
    }

    /// The key file.
    pub fn file(&self) -> PathBuf {
        self.world.data.path().join("vault.key")
    }

    pub fn keys(&self) -> Keys {
        Keys::read(&self.file()).expect("a whole key file")
    }

    fn sets(&self, more: &str) {
        let text = format!("data = {:?}\n{more}", self.world.data.path());
        std::fs::write(self.world.data.path().join("greentick.toml"), text).expect("it can be written");
    }

    pub fn settings(&self) -> Settings {
        let address = self.world.origin.trim_start_matches("http://").parse().expect("an address");
        let url = self.database.clone().map(Into::into);
        let own = settings(address, self.world.data.path(), &self.world.sandbox, url);
        Settings { vault_keys: None, vault_key_file: Some(self.file()), refreshes_per_second: 0, ..own }
    }

    /// Another process of the same database.
    pub async fn process(&self) -> App {
        serve::open(&self.settings(), self.world.clock.clone()).await.expect("it opens")
    }

    /// The command line as a process of its own.
    pub fn command(&self, words: &[&str]) -> Command {
        self.runs(Command::new(std::env::current_exe().expect("it runs")), words)
    }

    /// As [`Shop::command`], and it dies at the `nth` call of the system that it makes by that name.
    pub fn command_that_dies_at(&self, call: &str, nth: u64, words: &[&str]) -> Command {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
        command.arg("-e").arg(format!("inject={call}:signal=KILL:when={nth}"));
        command.arg(std::env::current_exe().expect("it runs"));
        self.runs(command, words)
    }

    fn runs(&self, mut command: Command, words: &[&str]) -> Command {
        let settings = self.world.data.path().join("greentick.toml");
        let words = [words, &["--settings", settings.to_str().expect("a path")]].concat();
        command
            .args(["--exact", "tests::keys::as_a_command", "--ignored", "--nocapture"])
            .env(WORDS, words.join("\n"))
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub async fn says(&self, words: &[&str]) -> Said {
        let output = self.command(words).output().await.expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Said { text, is_content: output.status.success() }
    }

    /// A new key at the end of the file; its id.
    pub async fn adds_a_key(&self) -> String {
        let said = self.says(&["keys", "add"]).await;
        assert!(said.is_content, "{said:?}");
        self.keys().ids().last().expect("the new one").to_owned()
    }
}

#[tokio::test]
#[ignore = "the tests of the command line start it"]
async fn as_a_command() {
    let Ok(words) = std::env::var(WORDS) else { return };
    let words: Vec<_> = std::iter::once("greentick").chain(words.lines()).collect();
    let done = command::says(&words, front()).await;
    assert!(done.is_ok(), "greentick: {}", done.err().map(|error| error.to_string()).unwrap_or_default());
}

/// A process of a database with keys of its own, wherever they come from.
pub async fn opens(settings: &Settings) -> Result<App, String> {
    serve::open(settings, Clock::default()).await.map_err(|error| error.to_string())
}

/// The page's status in another process.
pub async fn sees(app: &App, workspace: WorkspaceId, page: PageId) -> Status {
    let view = pages::view(app.store.read(), workspace, page).await.expect("it answers").expect("it is there");
    Status::of(&view.link, None, false, app.clock.now())
}
