//! The record as people read it: all of it, in order, narrowed, a part at a time, and nobody else's.

use migrations::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use super::{on_both, person::Person, postgres, world::World};
use crate::{
    domain::{Activity, PageDetails, PageId, Role},
    server::store::Store,
};

impl Person<'_> {
    /// What the tab shows: of a page, of locations, of a network; before or after a number.
    async fn reads(&self, fields: &[(&str, &str)]) -> Activity {
        let answer = self.call("pages/activity", &self.asking(fields)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    fn asking<'a>(&'a self, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let of = |name: &'static str| {
            let found = fields.iter().find(|(field, _)| *field == name);
            (name, found.map_or("", |(_, value)| *value))
        };
        let mut form = vec![("workspace", self.workspace.as_str())];
        form.extend(["page", "q", "network", "before", "after"].map(of));
        form
    }
}

fn sentences(activity: &Activity) -> Vec<String> {
    activity.told.iter().map(|told| told.said.whole()).collect()
}

fn numbers(activity: &Activity) -> Vec<i64> {
    activity.told.iter().map(|told| told.event.seq).collect()
}

async fn details(person: &Person<'_>, page: PageId) -> PageDetails {
    person.call("pages/details", &[("page", &page.to_string())]).await.json()
}

on_both! {
    async fn all_that_happened_is_told_with_who_and_why_the_newest_first(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["hush"]).await[0];
        owner.connects(page, "ben").await;
        world.removes_app("hush", "ben").await;
        world.keeper_comes().await;
        owner.disconnects(page).await;
        world.is_quiet().await;
        let told = [
            "Owner of Harbour disconnected Bondi on Hush.",
            "Greentick found Bondi on Hush broken: Removed at Hush.",
            "Owner of Harbour connected Bondi on Hush as Ben Okafor.",
            "Owner of Harbour added Bondi on Hush.",
            "Owner of Harbour added the location Bondi.",
        ];
        let read = sentences(&owner.reads(&[]).await);
        let read: Vec<_> = read.iter().filter(|sentence| !sentence.contains("the permission of")).collect();
        assert_eq!(read, told);
        // What a browser is shown, without any script.
        let html = owner.get(&format!("/w/{}/settings/activity", owner.workspace)).await;
        assert_eq!(html.status, 200);
        let place = |part: &str| html.body.find(part).unwrap_or_else(|| panic!("no {part} in {}", html.body));
        assert!(place("Owner of Harbour disconnected ") < place(" broken: Removed at Hush.") , "the newest first");
        assert!(!html.body.contains("greentick.js"), "a tab that stands still brings no script");
    }

    async fn a_silent_network_is_told_when_it_begins_and_when_it_ends(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "pagebook"]).await;
        owner.connects(pages[0], "ben").await;
        world.fault(serde_json::json!({ "network": "chirper", "down": true })).await;
        world.keeper_comes().await;
        world.keeper_comes().await;
        world.faults_off().await;
        world.clock.advance(std::time::Duration::from_hours(1));
        world.keeper_comes().await;
        let narrow = [("network", "chirper")];
        let read = sentences(&owner.reads(&narrow).await);
        assert_eq!(read[0], "Greentick noticed: Chirper answers again.");
        assert!(read[1].starts_with("Greentick noticed: Chirper does not answer."), "{read:?}");
        assert_eq!(read.last().map(String::as_str), Some("Owner of Harbour added Bondi on Chirper."));
        assert!(owner.reads(&[("network", "pagebook")]).await.told.len() == 1, "and of the other network only its own");
    }

    async fn it_is_narrowed_to_a_page_to_locations_and_to_a_network(world) {
        let owner = world.owner("Harbour").await;
        let bondi = owner.has("Bondi Beach", &["chirper", "hush"]).await;
        owner.has("Bondi Road", &["chirper"]).await;
        owner.has("Manly", &["chirper"]).await;
        owner.connects(bondi[0], "ben").await;
        let page = bondi[0].to_string();
        let of_page = owner.reads(&[("page", &page)]).await;
        assert_eq!(of_page.page.as_deref(), Some("Bondi Beach on Chirper"));
        assert_eq!(
            sentences(&of_page),
            ["Owner of Harbour connected Bondi Beach on Chirper as Ben Okafor.", "Owner of Harbour added Bondi Beach on Chirper."]
        );
        let by_name = owner.reads(&[("q", "BONDI")]).await;
        assert_eq!(numbers(&by_name), [8, 5, 4, 3, 2, 1], "{:?}", sentences(&by_name));
        assert_eq!(numbers(&owner.reads(&[("q", "bondi"), ("network", "chirper")]).await), [8, 5, 2]);
        assert_eq!(numbers(&owner.reads(&[("network", "hush")]).await), [3]);
        assert!(owner.reads(&[("q", "nowhere")]).await.told.is_empty());
    }

    async fn a_thousand_events_are_gone_through_fifty_at_a_time_without_gap_or_double(world) {
        let owner = world.owner("Harbour").await;
        let names: Vec<_> = (0..60).map(|number| format!("Place {number}")).collect();
        for name in &names {
            owner.has(name, &["chirper"]).await;
        }
        for (narrow, all) in [(vec![], 120), (vec![("network", "chirper")], 60), (vec![("q", "place 1")], 22)] {
            let (mut seen, mut place) = (vec![], String::new());
            let last = loop {
                let mut fields = narrow.clone();
                fields.push(("before", place.as_str()));
                let read = owner.reads(&fields).await;
                assert_eq!(read.has_newer, !seen.is_empty());
                seen.extend(numbers(&read));
                place = seen.last().expect("something").to_string();
                if !read.has_older {
                    break read;
                }
                assert_eq!(read.told.len(), 50);
            };
            assert_eq!(seen.len(), all, "{narrow:?}");
            assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "the newest first, each once: {seen:?}");
            // And back: a whole part each time.
            let after = numbers(&last)[0].to_string();
            let mut fields = narrow.clone();
            fields.push(("after", after.as_str()));
            let read = owner.reads(&fields).await;
            let before_it = seen.iter().position(|seq| seq.to_string() == after).expect("it was seen");
            let expected = if before_it < 50 { &seen[..seen.len().min(50)] } else { &seen[before_it - 50..before_it] };
            assert_eq!(numbers(&read), expected, "{narrow:?}");
        }
    }

    async fn a_search_that_fits_too_many_locations_says_so(world) {
        let owner = world.owner("Harbour").await;
        for number in 0..21 {
            owner.has(&format!("Place {number}"), &[]).await;
        }
        assert!(owner.reads(&[("q", "place")]).await.is_cut);
        assert!(!owner.reads(&[("q", "place 1")]).await.is_cut);
    }

    async fn viewers_read_it_and_other_workspaces_do_not(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0].to_string();
        let viewer = world.colleague("Viewer", &owner, Role::Viewer).await;
        assert_eq!(viewer.reads(&[]).await.told.len(), 2);
        let stranger = world.owner("Stranger").await;
        let own = stranger.asking(&[("page", page.as_str())]);
        assert_eq!(stranger.call("pages/activity", &own).await.status, 404, "a page of somebody else's");
        let theirs: Vec<_> = owner.asking(&[]);
        assert_eq!(stranger.call("pages/activity", &theirs).await.status, 404);
        assert_eq!(stranger.reads(&[]).await.told.len(), 0);
        let nonsense = stranger.asking(&[("page", "nonsense")]);
        assert_eq!(stranger.call("pages/activity", &nonsense).await.status, 404);
    }

    async fn a_page_knows_the_last_five_things_that_happened_to_it(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "hush"]).await;
        for _ in 0..3 {
            owner.connects(pages[0], "ben").await;
        }
        owner.connects(pages[1], "ben").await;
        world.removes_app("chirper", "ben").await;
        world.keeper_comes().await;
        owner.connects(pages[0], "ben").await;
        let history: Vec<_> = details(&owner, pages[0]).await.history.into_iter().map(|past| past.text).collect();
        let connected = "Owner of Harbour connected Bondi on Chirper as Ben Okafor.";
        let broken = "Greentick found Bondi on Chirper broken: Removed at Chirper.";
        assert_eq!(history, [connected, broken, connected, connected, connected]);
    }
}

/// What was recorded before events were found by page, location and network.
async fn an_older_record_is_found_too(store: Store) {
    let (db, steps) = (store.read(), Migrator::migrations());
    let before = steps.iter().position(|step| step.name().contains("200040")).expect("it is one of the steps");
    Migrator::up(db, u32::try_from(before).ok()).await.expect("the older shape");
    let id = |last: u8| match store.backend() {
        crate::server::store::Backend::Postgres => format!("'00000000-0000-4000-8000-0000000000{last:02}'"),
        crate::server::store::Backend::Sqlite => format!("x'0000000000004000800000000000{last:04}'"),
    };
    let (workspace, page, location) = (id(1), id(2), id(3));
    for statement in [
        format!(
            "INSERT INTO pages (id, workspace, location, network, link, missing, must_log_in) \
             VALUES ({page}, {workspace}, {location}, 'hush', 'unlinked', '[]', FALSE)"
        ),
        format!("INSERT INTO events (workspace, seq, page, data, at) VALUES ({workspace}, 1, {page}, '{{}}', 0)"),
        format!(
            "INSERT INTO events (workspace, seq, data, at) VALUES ({workspace}, 2, '{{\"network\":{{\"id\":\"chirper\"}}}}', 0)"
        ),
        format!("INSERT INTO events (workspace, seq, data, at) VALUES ({workspace}, 3, '{{\"network\":null}}', 0)"),
    ] {
        db.execute_unprepared(&statement).await.expect("a row of the older shape");
    }
    store.migrate().await.expect("it goes on");
    for (narrow, found) in [
        (format!("location = {location}"), "1"),
        ("network = 'hush'".to_owned(), "1"),
        ("network = 'chirper'".to_owned(), "2"),
        ("network IS NULL".to_owned(), "3"),
    ] {
        let select = sea_orm::Statement::from_string(
            db.get_database_backend(),
            format!("SELECT seq FROM events WHERE {narrow} ORDER BY seq"),
        );
        let rows = db.query_all_raw(select).await.expect("the database answers");
        let seqs: Vec<_> =
            rows.iter().map(|row| row.try_get::<i64>("", "seq").expect("a number").to_string()).collect();
        assert_eq!(seqs, [found], "{narrow}");
    }
}

#[tokio::test]
async fn an_older_record_is_found_on_sqlite() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    an_older_record_is_found_too(Store::open_folder(folder.path()).await.expect("a new file")).await;
}

#[tokio::test]
async fn an_older_record_is_found_on_postgres() {
    let url = postgres::empty_database().await;
    an_older_record_is_found_too(Store::open_url(&url).await.expect("a new database")).await;
}
