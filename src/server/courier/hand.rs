//! The server's hand: it finds the courier that runs, or starts one, and gives it errands.

use std::{
    collections::HashMap,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use oauth2::HttpResponse;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};
use uuid::Uuid;

use super::{Answer, DOOR, Errand, JOURNAL, Told, Word};
use crate::{
    domain::WorkspaceId,
    server::vault::{Place, open_by},
};

/// What a courier is started with.
#[cfg(not(test))]
const ARGUMENTS: &[&str] = &["courier"];
/// In tests this process is the tests' own.
#[cfg(test)]
const ARGUMENTS: &[&str] = &["--exact", "tests::victim::as_a_courier", "--ignored", "--nocapture"];

/// A process that does not open its door by then does not run.
const STARTS_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why the courier did not do it.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// It does not run and cannot be started: nothing was handed over.
    #[error("the courier cannot be started: {0}")]
    NotThere(std::io::Error),
    /// It was given the errand and did not tell how it ended.
    #[error("the courier did not tell how an errand ended: {0}")]
    Broken(std::io::Error),
}

/// Where answers are sealed that the courier keeps; the key is made for one of them.
pub(super) fn place() -> Place {
    Place { workspace: WorkspaceId(Uuid::nil()), table: "courier", column: "answer", row: Uuid::nil() }
}

/// What the courier sealed, by the key that it was given.
#[must_use]
pub fn opened(key: &[u8; 32], sealed: &str) -> Option<HttpResponse> {
    let plain = open_by(key, &place(), &BASE64_STANDARD_NO_PAD.decode(sealed).ok()?).ok()?;
    serde_json::from_slice::<Answer>(&plain).ok()?.response()
}

/// The courier of one folder.
pub struct Courier {
    folder: PathBuf,
}

impl Courier {
    /// The one that works in `folder`.
    #[must_use]
    pub fn of(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Whether one runs now.
    pub async fn runs(&self) -> bool {
        UnixStream::connect(self.folder.join(DOOR)).await.is_ok()
    }

    /// Has it send, and hears how that ended; or hears it again.
    ///
    /// # Errors
    /// [`CourierError`].
    pub async fn send(&self, errand: Errand) -> Result<Told, CourierError> {
        let word = if errand.outside.is_some() { Word::SendOutside(errand) } else { Word::Send(errand) };
        let line = serde_json::to_string(&word).map_err(|error| CourierError::Broken(error.into()))?;
        let mut last = None;
        // If it dies meanwhile, the one after it knows from the journal what was begun.
        for _ in 0..2 {
            let door = match self.door().await {
                Ok(door) => door,
                Err(error) if last.is_none() => return Err(CourierError::NotThere(error)),
                // The one before was given the errand, and may have sent it.
                Err(error) => return Err(CourierError::Broken(error)),
            };
            match ask(door, &line).await {
                Ok(told) => return serde_json::from_str(&told).map_err(|error| CourierError::Broken(error.into())),
                Err(error) => last = Some(error),
            }
        }
        Err(CourierError::Broken(last.unwrap_or_else(|| std::io::Error::other("it said nothing"))))
    }

    /// The attempt's answers are saved, or nobody needs them. One that does not hear it keeps them a little longer.
    pub async fn done(&self, attempt: String) {
        let Ok(line) = serde_json::to_string(&Word::Done { attempt }) else { return };
        if let Ok(door) = UnixStream::connect(self.folder.join(DOOR)).await {
            let _ = ask(door, &line).await;
        }
    }

    /// What it keeps that nobody has said to be done, by attempt. Where none runs and none has left anything, there is
    /// nothing.
    pub async fn kept(&self) -> Vec<(Uuid, Told)> {
        let has_left = std::fs::metadata(self.folder.join(JOURNAL)).is_ok_and(|about| about.len() > 1);
        if !has_left {
            return vec![];
        }
        let told = self.all_kept().await.unwrap_or_default();
        let attempt = |name: &str| Uuid::parse_str(name.rsplit_once(':')?.0).ok();
        told.into_iter().filter_map(|(name, told)| Some((attempt(&name)?, told))).collect()
    }

    async fn all_kept(&self) -> std::io::Result<HashMap<String, Told>> {
        let told = ask(self.door().await?, &serde_json::to_string(&Word::Kept)?).await?;
        Ok(serde_json::from_str(&told)?)
    }

    /// The door of the one that runs, or of one that is started now.
    async fn door(&self) -> std::io::Result<UnixStream> {
        let path = self.folder.join(DOOR);
        if let Ok(door) = UnixStream::connect(&path).await {
            return Ok(door);
        }
        self.start()?;
        let mut waited = Duration::ZERO;
        loop {
            match UnixStream::connect(&path).await {
                Err(error) if waited > STARTS_WITHIN => return Err(error),
                Err(_) => {
                    tokio::time::sleep(LOOK_EVERY).await;
                    waited += LOOK_EVERY;
                }
                door => return door,
            }
        }
    }

    /// In a group of its own, so that what ends us does not end it, and without our environment, where keys may stand.
    fn start(&self) -> std::io::Result<()> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(ARGUMENTS)
            .current_dir(&self.folder)
            .env_clear()
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // It may end before us; nobody else would hear of it.
        std::thread::spawn(move || child.wait());
        Ok(())
    }
}

async fn ask(door: UnixStream, line: &str) -> std::io::Result<String> {
    let (from, mut to) = door.into_split();
    to.write_all(line.as_bytes()).await?;
    to.write_all(b"\n").await?;
    let mut told = String::new();
    BufReader::new(from).read_line(&mut told).await?;
    if told.ends_with('\n') { Ok(told) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}
