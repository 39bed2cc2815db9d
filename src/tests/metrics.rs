//! What operators read: figures that agree with what people see, and nobody's name in them.

use std::time::Duration;

use axum::body::Body;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    on_both,
    person::Say,
    world::{World, asks, expires_in},
};
use crate::server::{http, store::Backend};

impl World {
    /// The figures, counted anew.
    async fn metrics(&self) -> String {
        self.clock.advance(Duration::from_secs(15));
        let (status, head, text) = self.at_metrics("/metrics").await;
        assert_eq!(status, 200, "{text}");
        assert!(head.contains("text/plain; version=0.0.4"), "{head}");
        text
    }

    async fn at_metrics(&self, path: &str) -> (u16, String, String) {
        let request = http_request(path);
        asks(http::metrics_router(self.app.clone()), request).await
    }
}

fn http_request(path: &str) -> ::http::Request<Body> {
    ::http::Request::get(path).body(Body::empty()).expect("a request")
}

/// The value of the only line that begins like this.
fn figure(text: &str, name: &str) -> Option<f64> {
    let lines: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).collect();
    assert!(lines.len() <= 1, "{name} twice in {text}");
    lines.first().map(|value| value.parse().expect("a number"))
}

fn all(text: &str, expected: &[(&str, f64)]) {
    for (name, value) in expected {
        assert_eq!(figure(text, name), Some(*value), "{name} in {text}");
    }
}

on_both! {
    async fn pages_and_permissions_are_counted_as_people_see_them(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "pagebook", "hush"]).await;
        let manly = owner.has("Manly", &["chirper", "hush"]).await;
        world.fault(expires_in("chirper", 86_400)).await;
        owner.connects(pages[0], "ben").await;
        owner.connects(pages[2], "ben").await;
        owner.opens_popup(manly[1]).await.answers(Say::YesBut("cleo", "write")).await;
        owner.opens_popup(pages[1]).await.answers(Say::No).await;
        owner.opens_popup(pages[1]).await;
        let text = world.metrics().await;
        all(&text, &[
            ("greentick_pages{network=\"pagebook\",status=\"not-connected\"}", 1.0),
            ("greentick_pages{network=\"chirper\",status=\"not-connected\"}", 1.0),
            ("greentick_attempts{network=\"pagebook\",outcome=\"cancelled\"}", 1.0),
            ("greentick_attempts{network=\"pagebook\",outcome=\"open\"}", 1.0),
            ("greentick_attempts{network=\"hush\",outcome=\"approved\"}", 2.0),
            ("greentick_events_total{network=\"hush\",kind=\"connected\"}", 2.0),
            ("greentick_events_total{kind=\"location_added\"}", 2.0),
            ("greentick_network_silent{network=\"hush\"}", 0.0),
            ("greentick_streams_open", 0.0),
        ]);
        let board = owner.board().await;
        for card in &board.networks {
            for key in ["connected", "not-connected", "broken", "expiring", "partly", "not-answering"] {
                let seen = board.pages.iter().filter(|page| page.network == card.id);
                let seen = seen.filter(|page| {
                    crate::domain::Status::of(&page.link, card.silent_since, false, world.app.clock.now()).key() == key
                });
                let counted = figure(&text, &format!("greentick_pages{{network=\"{}\",status=\"{key}\"}}", card.id));
                let seen = u32::try_from(seen.count()).expect("a few");
                assert_eq!(counted.or(Some(0.0)), Some(f64::from(seen)), "{key} at {}: {text}", card.id);
            }
        }
        for name in ["Harbour", "Bondi", "Manly", "Ben", "ben", "cleo", "harbour"] {
            assert!(!text.contains(name), "{name} is in {text}");
        }
        world.clock.advance(Duration::from_mins(11));
        all(&world.metrics().await, &[("greentick_attempts{network=\"pagebook\",outcome=\"expired\"}", 1.0)]);
    }

    async fn the_dead_the_owed_and_the_silent_are_told(world) {
        let owner = world.owner("Harbour").await;
        let pages = owner.has("Bondi", &["chirper", "hush"]).await;
        owner.connects(pages[0], "ben").await;
        owner.connects(pages[1], "ben").await;
        world.removes_app("hush", "ben").await;
        world.keeper_comes().await;
        world.fault(json!({ "network": "chirper", "down": true })).await;
        world.keeper_comes().await;
        world.keeper_comes().await;
        let text = world.metrics().await;
        all(&text, &[
            ("greentick_pages{network=\"hush\",status=\"broken\"}", 1.0),
            ("greentick_pages{network=\"chirper\",status=\"not-answering\"}", 1.0),
            ("greentick_grants{network=\"hush\",status=\"dead\"}", 1.0),
            ("greentick_checks_total{network=\"hush\",verdict=\"dead\"}", 1.0),
            ("greentick_checks_total{network=\"chirper\",verdict=\"no_answer\"}", 2.0),
            ("greentick_network_silent{network=\"chirper\"}", 1.0),
        ]);
        owner.disconnects(pages[0]).await;
        world.is_quiet().await;
        all(&world.metrics().await, &[("greentick_revocations_owed{network=\"chirper\"}", 1.0)]);
    }

    async fn what_is_overdue_is_told_with_how_long_it_waits(world) {
        let owner = world.owner("Harbour").await;
        let page = owner.has("Bondi", &["chirper"]).await[0];
        world.fault(expires_in("chirper", 3_600)).await;
        owner.connects(page, "ben").await;
        let refresh = "{network=\"chirper\",work=\"refresh\"}";
        assert_eq!(figure(&world.metrics().await, &format!("greentick_due{refresh}")), None);
        world.clock.advance(Duration::from_hours(2));
        let text = world.metrics().await;
        assert_eq!(figure(&text, &format!("greentick_due{refresh}")), Some(1.0));
        let lag = figure(&text, &format!("greentick_lag_seconds{refresh}")).expect("it is overdue");
        assert!((3_600.0..7_300.0).contains(&lag), "{lag}");
        world.keeper_comes().await;
        let text = world.metrics().await;
        assert_eq!(figure(&text, &format!("greentick_due{refresh}")), None, "{text}");
        all(&text, &[
            ("greentick_refreshes_total{network=\"chirper\",verdict=\"renewed\"}", 1.0),
            ("greentick_grants{network=\"chirper\",status=\"alive\"}", 1.0),
        ]);
    }

    async fn strangers_on_the_public_address_read_no_figures(world) {
        let stranger = world.owner("Stranger").await;
        assert_eq!(stranger.get("/metrics").await.status, 404);
        assert!(!stranger.get("/metrics").await.body.contains("greentick_"));
        assert_eq!(world.at_metrics("/").await.0, 404, "and on that door there is nothing else");
        assert_eq!(world.at_metrics("/healthz").await.0, 404);
    }

    async fn a_count_is_kept_for_some_seconds_however_often_it_is_asked_for(world) {
        let owner = world.owner("Harbour").await;
        let router = http::metrics_router(world.app.clone());
        let of = async || asks(router.clone(), http_request("/metrics")).await.2;
        let name = "greentick_pages{network=\"hush\",status=\"not-connected\"}";
        assert_eq!(figure(&of().await, name), None);
        owner.has("Bondi", &["hush"]).await;
        let text = of().await;
        assert_eq!(figure(&text, name), None, "counted a moment ago");
        all(&text, &[("greentick_events_total{network=\"hush\",kind=\"page_added\"}", 1.0)]);
        world.clock.advance(Duration::from_secs(14));
        assert_eq!(figure(&of().await, name), Some(1.0));
    }

    async fn counting_reads_indexes_and_not_every_row(world) {
        if world.app.store.backend() != Backend::Sqlite {
            return;
        }
        let db = world.app.store.read();
        for (question, index) in [
            ("SELECT network, link, must_log_in, missing, COUNT(*) FROM pages GROUP BY network, link, must_log_in, missing", "COVERING INDEX pages_by_standing"),
            ("SELECT network_app, COUNT(*) FROM grants GROUP BY network_app", "COVERING INDEX grants_by_app"),
            ("SELECT network, COUNT(*) FROM pages WHERE account_id IS NULL AND link = 'linked' GROUP BY network", "pages_unchosen"),
            ("SELECT network_app, COUNT(*) FROM grants WHERE failures > 0 GROUP BY network_app", "grants_failing"),
            ("SELECT network_app, COUNT(*) FROM (SELECT network_app FROM grants WHERE must_act_at <= 5 ORDER BY must_act_at LIMIT 9) AS e GROUP BY network_app", "grants_by_end"),
            ("SELECT network_app, COUNT(*) FROM (SELECT network_app FROM grants WHERE next_visit_at <= 5 ORDER BY next_visit_at LIMIT 9) AS e GROUP BY network_app", "grants_by_visit"),
            ("SELECT data FROM events WHERE workspace = x'00' AND page = x'00' ORDER BY seq DESC LIMIT 51", "events_by_page"),
            ("SELECT data FROM events WHERE workspace = x'00' AND location = x'00' ORDER BY seq DESC LIMIT 51", "events_by_location"),
            ("SELECT data FROM events WHERE workspace = x'00' AND network = 'x' AND seq < 9 ORDER BY seq DESC LIMIT 51", "events_by_network"),
        ] {
            let statement = sea_orm::Statement::from_string(db.get_database_backend(), format!("EXPLAIN QUERY PLAN {question}"));
            let rows = db.query_all_raw(statement).await.expect("a plan");
            let plan: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").expect("a step")).collect();
            let plan = plan.join("; ");
            assert!(plan.contains(index), "{question}: {plan}");
            assert!(!question.contains("ORDER BY seq") || !plan.contains("TEMP B-TREE"), "{question}: {plan}");
        }
    }
}
