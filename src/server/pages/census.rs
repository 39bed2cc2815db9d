//! How many pages and grants stand how, over all workspaces, for operators. Counted by indexes: a million take the time
//! that it takes to run through them once.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use super::rows::page::{BROKEN, LINKED};
use crate::{
    domain::{EXPIRING_LEAD, Moment, NetworkAppId, NetworkId},
    server::store::StoreError,
};

/// Nothing is missing, as far as the page itself says.
const WHOLE: &str = "NOT must_log_in AND missing = '[]'";
/// As `Grant::is_alive` has it, the other way round.
const DEAD: &str = "next_visit_at IS NULL AND next_refresh_at IS NULL AND attempt IS NULL";
/// More are not counted one by one. It also has SQLite find these first, and group them then; by itself it runs through
/// all grants in the order of their groups.
const AT_MOST: u32 = 1_000_000;

/// What is due at one app and not done.
pub struct Behind {
    /// The app.
    pub network_app: NetworkAppId,
    /// `check` or `refresh`.
    pub work: &'static str,
    /// How many.
    pub due: i64,
    /// How long the longest overdue waits.
    pub lag: Duration,
}

#[derive(FromQueryResult)]
struct Alike {
    network: NetworkId,
    link: String,
    must_log_in: bool,
    missing: String,
    many: i64,
}

#[derive(FromQueryResult)]
struct OfNetwork {
    network: NetworkId,
    many: i64,
}

#[derive(FromQueryResult)]
struct OfApp {
    network_app: NetworkAppId,
    many: i64,
}

#[derive(FromQueryResult)]
struct DueOfApp {
    network_app: NetworkAppId,
    many: i64,
    oldest: i64,
}

/// How many pages show which icon, by network; at the `silent` ones those that work show that it does not answer.
///
/// # Errors
/// When the database does not answer.
pub async fn count_pages(
    db: &impl ConnectionTrait,
    now: Moment,
    silent: &[NetworkId],
) -> Result<Vec<((NetworkId, &'static str), i64)>, StoreError> {
    let all = "SELECT network, link, must_log_in, missing, COUNT(*) AS many FROM pages \
               GROUP BY network, link, must_log_in, missing";
    let mut counted = BTreeMap::<(NetworkId, &'static str), i64>::new();
    for Alike { network, link, must_log_in, missing, many } in ask::<Alike>(db, all).await? {
        let status = match link.as_str() {
            LINKED if must_log_in || missing != "[]" => "partly",
            LINKED => "connected",
            BROKEN => "broken",
            _ => "not-connected",
        };
        *counted.entry((network, status)).or_default() += many;
    }
    let unchosen = format!(
        "SELECT network, COUNT(*) AS many FROM pages WHERE account_id IS NULL AND link = 'linked' AND {WHOLE} GROUP BY network"
    );
    let ends = (now + EXPIRING_LEAD).0;
    let expiring = format!(
        "SELECT network, COUNT(*) AS many FROM \
         (SELECT id FROM grants WHERE must_act_at <= {ends} ORDER BY must_act_at LIMIT {AT_MOST}) AS ends \
         CROSS JOIN pages WHERE pages.grant_id = ends.id AND link = 'linked' AND account_id IS NOT NULL AND {WHOLE} \
         GROUP BY network"
    );
    for (question, status) in [(unchosen, "partly"), (expiring, "expiring")] {
        for OfNetwork { network, many } in ask::<OfNetwork>(db, &question).await? {
            *counted.entry((network.clone(), "connected")).or_default() -= many;
            *counted.entry((network, status)).or_default() += many;
        }
    }
    for network in silent {
        if let Some(many) = counted.remove(&(network.clone(), "connected")) {
            counted.insert((network.clone(), "not-answering"), many);
        }
    }
    // Counted one after the other, while pages change.
    counted.retain(|_, many| *many > 0);
    Ok(counted.into_iter().collect())
}

/// How many grants are well, end soon, fail to renew, or are dead, by app.
///
/// # Errors
/// When the database does not answer.
pub async fn count_grants(
    db: &impl ConnectionTrait,
    now: Moment,
) -> Result<Vec<(NetworkAppId, &'static str, i64)>, StoreError> {
    let ends = (now + EXPIRING_LEAD).0;
    let ending =
        format!("(SELECT * FROM grants WHERE must_act_at <= {ends} ORDER BY must_act_at LIMIT {AT_MOST}) AS ends");
    let mut ill = Vec::new();
    for (status, of, which) in [
        ("dead", "grants", DEAD.to_owned()),
        ("failing", "grants", format!("failures > 0 AND NOT ({DEAD})")),
        ("expiring", ending.as_str(), format!("failures = 0 AND NOT ({DEAD})")),
    ] {
        let of = format!("SELECT network_app, COUNT(*) AS many FROM {of} WHERE {which} GROUP BY network_app");
        ill.extend(ask::<OfApp>(db, &of).await?.into_iter().map(|row| (row.network_app, status, row.many)));
    }
    let all: Vec<OfApp> = ask(db, "SELECT network_app, COUNT(*) AS many FROM grants GROUP BY network_app").await?;
    let well = all.into_iter().map(|OfApp { network_app, many }| {
        let others: i64 = ill.iter().filter(|(app, ..)| *app == network_app).map(|(.., many)| many).sum();
        (network_app, "alive", (many - others).max(0))
    });
    let well: Vec<_> = well.collect();
    Ok(well.into_iter().chain(ill).collect())
}

/// What is due and not done, by app.
///
/// # Errors
/// When the database does not answer.
pub async fn behind(db: &impl ConnectionTrait, now: Moment) -> Result<Vec<Behind>, StoreError> {
    let mut all = Vec::new();
    for (work, column) in [("check", "next_visit_at"), ("refresh", "next_refresh_at")] {
        let due = format!(
            "SELECT network_app, COUNT(*) AS many, MIN(due_at) AS oldest FROM (SELECT network_app, {column} AS due_at \
             FROM grants WHERE {column} <= {} ORDER BY {column} LIMIT {AT_MOST}) AS due GROUP BY network_app",
            now.0
        );
        let behind = |DueOfApp { network_app, many, oldest }| Behind {
            network_app,
            work,
            due: many,
            lag: now.since(Moment(oldest)),
        };
        all.extend(ask::<DueOfApp>(db, &due).await?.into_iter().map(behind));
    }
    Ok(all)
}

async fn ask<T: FromQueryResult>(db: &impl ConnectionTrait, question: &str) -> Result<Vec<T>, StoreError> {
    let statement = Statement::from_string(db.get_database_backend(), question);
    let rows = db.query_all_raw(statement).await?;
    Ok(rows.iter().map(|row| T::from_query_result(row, "")).collect::<Result<_, _>>()?)
}
