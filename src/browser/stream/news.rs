//! What a stream says, and how it is passed from tab to tab.

use serde::{Deserialize, Serialize};

use crate::{browser::read, domain::Event};

/// What a tab hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The stream is up; the workspace's newest event has this number.
    Up {
        /// Its number.
        seq: i64,
    },
    /// The stream is not up. It comes back by itself.
    Down,
    /// Something happened.
    Change(Box<Event>),
    /// Take a new board: the stream cannot tell all that happened.
    Snapshot,
    /// Nobody is signed in here any more.
    SignedOut,
}

impl News {
    /// Reads a server-sent event. One that cannot be read is from a newer server: a new board says it all.
    pub(super) fn read(name: &str, data: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Hello {
            seq: i64,
        }
        match name {
            "change" => Some(read(data).map_or(Self::Snapshot, |event| Self::Change(Box::new(event)))),
            "hello" => read::<Hello>(data).map(|hello| Self::Up { seq: hello.seq }),
            "snapshot" => Some(Self::Snapshot),
            "signed-out" => Some(Self::SignedOut),
            _ => None,
        }
    }
}

/// What tabs say to each other.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    /// A tab has come and asks whoever holds the stream to speak.
    Join,
    /// I hold the stream.
    Holding {
        /// Whether it is up.
        is_up: bool,
        /// The newest event that I know of.
        seq: i64,
    },
    /// I hold the stream and heard this.
    Heard {
        /// The server-sent event's name.
        name: String,
        /// Its data.
        data: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_asks_for_a_new_board() {
        assert_eq!(News::read("change", r#"{"kind":"from the future"}"#), Some(News::Snapshot));
        assert_eq!(News::read("hello", r#"{"seq":7}"#), Some(News::Up { seq: 7 }));
        assert_eq!(News::read("beat", ""), None);
    }

    #[test]
    fn tabs_understand_each_other() {
        let word = Word::Holding { is_up: true, seq: 3 };
        let text = serde_json::to_string(&word).expect("words are plain");
        assert_eq!(text, r#"{"holding":{"is_up":true,"seq":3}}"#);
        assert_eq!(read::<Word>(&text), Some(word));
    }
}
