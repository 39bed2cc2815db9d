//! The database: reachable, in the shape that this binary knows, and whole.

use secrecy::ExposeSecret;

use super::{Finding, counted};
use crate::server::{
    settings::Settings,
    store::{Shape, Store, StoreError},
};

const ABOUT: &str = "database";

/// The database, where what follows can read it.
pub(super) async fn look(settings: &Settings) -> (Option<Store>, Vec<Finding>) {
    let opened = match &settings.database_url {
        Some(url) => Store::look_at_url(url.expose_secret()).await.map(Some),
        None => Store::look_into_folder(&settings.data).await,
    };
    match opened {
        Ok(Some(store)) => match found(&store).await {
            Ok((is_known, found)) => (Some(store).filter(|_| is_known), found),
            Err(error) => (None, vec![unreachable(settings, &error)]),
        },
        Ok(None) => (None, vec![Finding::ok(ABOUT, "there is none yet; the first start makes it")]),
        Err(error) => (None, vec![unreachable(settings, &error)]),
    }
}

fn unreachable(settings: &Settings, error: &StoreError) -> Finding {
    let cure = if settings.database_url.is_some() {
        "see that PostgreSQL runs, and that database_url names its host, user, password and database"
    } else {
        "see that the user that runs greentick may read it, or restore a backup"
    };
    Finding::problem(ABOUT, format!("it cannot be read ({error}); {cure}"))
}

async fn found(store: &Store) -> Result<(bool, Vec<Finding>), StoreError> {
    let version = store.version().await?;
    let shape = store.shape().await?;
    let is_known = matches!(shape, Shape::Whole(_));
    let mut found = vec![match shape {
        Shape::Whole(steps) => {
            Finding::ok(ABOUT, format!("{version}, up to date with {}", counted(many(steps), "step")))
        }
        Shape::Empty => Finding::ok(ABOUT, format!("{version}, and nothing in it yet; the first start makes it")),
        Shape::Older(missing) => Finding::warning(
            ABOUT,
            format!(
                "{version}, and {} behind this greentick; `greentick migrate` or the next start brings it up to date",
                counted(many(missing), "step")
            ),
        ),
        Shape::Newer(step) => Finding::problem(
            ABOUT,
            format!(
                "{version}, last used by a newer greentick (it has the step {step}); start that one, or restore a backup"
            ),
        ),
    }];
    found.extend(store.flaw().await?.map(|flaw| {
        Finding::problem(ABOUT, format!("the file is damaged ({flaw}); stop the server and restore a backup"))
    }));
    Ok((is_known, found))
}

fn many(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
