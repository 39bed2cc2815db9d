//! The event stream: every change, in order, from any number on.

use std::time::Duration;

use serde_json::Value;

use super::{
    on_both,
    person::{Person, Say},
    world::World,
};
use crate::domain::{Event, EventKind};

/// An open stream.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(person: &Person<'_>, world: &World, after: &str, resume: Option<&str>) -> Self {
        let url = format!("{}/w/{}/events{after}", world.origin, person.workspace);
        let cookies = person.cookies.lock().expect("nobody panicked with it").clone();
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = world.http.get(url).header("cookie", cookies.join("; "));
        if let Some(id) = resume {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.expect("the app answers");
        assert_eq!(response.status(), 200);
        Self { response, text: String::new() }
    }

    /// The next message: its kind and its data.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let kind = field("event:").unwrap_or_default().to_owned();
                let data = serde_json::from_str(field("data:").unwrap_or("null")).expect("JSON");
                self.text = rest.to_owned();
                return Some((kind, data));
            }
            let more = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = more.expect("something comes in time").ok()??;
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    async fn next_change(&mut self) -> Event {
        loop {
            let (kind, data) = self.next().await.expect("the stream goes on");
            if kind == "change" {
                return serde_json::from_value(data).expect("an event");
            }
        }
    }
}

on_both! {
    async fn a_change_is_heard_and_resumed_exactly(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "hush"]).await;
        let mut live = Stream::open(&owner, world, "?after=3", None).await;
        let (kind, data) = live.next().await.expect("a greeting");
        assert_eq!((kind.as_str(), data["seq"].as_i64()), ("hello", Some(3)));
        owner.connects(pages[0], "ben").await;
        let event = live.next_change().await;
        assert_eq!((event.seq, event.kind), (4, EventKind::Connected));
        assert_eq!(event.page.map(|page| page.id), Some(pages[0]));
        owner.connects(pages[1], "ben").await;
        assert_eq!(live.next_change().await.seq, 5);
        drop(live);
        owner.disconnects(pages[0]).await;
        let mut resumed = Stream::open(&owner, world, "?after=3", Some("5")).await;
        assert_eq!(resumed.next_change().await.kind, EventKind::Disconnected);
    }

    async fn a_stream_of_one_workspace_carries_nothing_of_another(world) {
        let (one, other) = (world.owner("One").await, world.owner("Other").await);
        let own = one.has("Bondi", &["chirper"]).await[0];
        let foreign = other.has("Berlin", &["chirper"]).await[0];
        let mut live = Stream::open(&one, world, "?after=0", Some("2")).await;
        other.connects(foreign, "ben").await;
        one.connects(own, "ada").await;
        let event = live.next_change().await;
        assert_eq!((event.seq, event.page.map(|page| page.id)), (3, Some(own)));
    }

    async fn a_number_from_elsewhere_asks_for_a_new_board(world) {
        let owner = world.owner("Harbour").await;
        owner.has("Bondi", &["chirper"]).await;
        for (after, odd) in [("", Some("99999")), ("", Some("-7")), ("?after=2", Some("no number")), ("?after=x", None)] {
            let mut live = Stream::open(&owner, world, after, odd).await;
            live.next().await.expect("a greeting");
            assert_eq!(live.next().await.expect("an answer").0, "snapshot", "{after} {odd:?}");
        }
        let mut live = Stream::open(&owner, world, "?after=x", None).await;
        live.next().await.expect("a greeting");
        // What happened before it is in the new board, and not told as a change.
        assert_eq!(live.next().await.expect("a snapshot").1["seq"], 2);
        owner.has("Manly", &[]).await;
        assert_eq!(live.next_change().await.seq, 3);
    }

    async fn a_session_that_ends_hears_no_more(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        let popup = owner.opens_popup(page).await;
        let mut live = Stream::open(&owner, world, "", None).await;
        live.next().await.expect("a greeting");
        popup.answers(Say::Yes("ben")).await;
        live.next_change().await;
        owner.call("session/sign_out", &[]).await;
        loop {
            let Some((kind, _)) = live.next().await else { break };
            assert_ne!(kind, "change");
        }
    }

    async fn a_server_that_stops_ends_its_streams(world) {
        let owner = world.owner("Harbour").await;
        let mut live = Stream::open(&owner, world, "", None).await;
        live.next().await.expect("a greeting");
        tokio::join!(async { while live.next().await.is_some() {} }, world.stops());
    }
}

/// Two processes on one PostgreSQL: what one writes, the other's streams hear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_on_the_same_postgres_is_heard() {
    let url = super::postgres::new_database().await;
    let (one, other) = (World::on_postgres_at(&url).await, World::on_postgres_at(&url).await);
    tokio::spawn(crate::server::events::listen(other.app.store.clone(), other.app.bus.clone()));
    let owner = one.owner("Harbour").await;
    owner.has("Bondi", &["chirper"]).await;
    let mut woken = other.app.bus.follow();
    let workspace = owner.board().await.workspace.id;
    // LISTEN may begin a moment after the write: write until it is heard.
    let heard = async { while woken.recv().await != Ok(workspace) {} };
    let writes = async {
        loop {
            owner.has("Manly", &[]).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let both = async {
        tokio::select! { () = heard => {}, () = writes => {} }
    };
    tokio::time::timeout(Duration::from_secs(20), both).await.expect("it is heard");
}
