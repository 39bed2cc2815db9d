//! What networks tell us: `POST /hooks/{network app}`. It looks at no cookie; what is signed is believed, and nothing
//! else is.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tracing::{info, warn};

use crate::{
    domain::{NetworkAppId, words},
    server::{
        App,
        networks::{self, Message, People, Reply},
        pages::{self, Told},
        store::StoreError,
    },
};

/// Takes a message, and has the keeper look at once.
pub async fn hear(
    State(app): State<App>,
    Path(network_app): Path<NetworkAppId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let network_app = match app.networks.find(network_app).await {
        Ok(Some(network_app)) => network_app,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            warn!(%error, "a message is not taken, since our apps are not known");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    if network_app.definition.inbound.is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let network = &network_app.definition.id;
    let now = app.clock.now();
    let Some(message) = networks::inbound(&app.client, &network_app, (&headers, &body), now).await else {
        warn!(%network, "a message in the network's name is not signed by it, or is old");
        // Some send a wrong one on purpose before they send any, and want to hear just this.
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let reason = message.reason;
    // One app at many addresses is told of one of them.
    let about = match message.host.as_ref().filter(|_| network_app.definition.instance.is_some()) {
        Some(host) => app.networks.instance(network, host).map(|there| there.id),
        None => Some(network_app.id),
    };
    let Some(about) = about else { return StatusCode::OK.into_response() };
    let told = Told { network_app: about, reason, at: now };
    match take(&app, &message, told).await {
        Ok(grants) => info!(%network, grants, ?reason, "the network told of its people"),
        // It tells again what it could not deliver.
        Err(error) => {
            warn!(%network, %error, "what the network told is not written down");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    match message.reply {
        Reply::Heard => StatusCode::OK.into_response(),
        Reply::Accepted => StatusCode::ACCEPTED.into_response(),
        Reply::Nothing => StatusCode::NO_CONTENT.into_response(),
        Reply::Echo(words) => words.into_response(),
        Reply::Deletion(code) => {
            let url = format!("{}/hooks/{}", app.base_url.origin(), network_app.id);
            Json(json!({ "url": url, "confirmation_code": code })).into_response()
        }
    }
}

/// Makes the visits due that the message is a reason for, once for each message. How many there are.
async fn take(app: &App, message: &Message, told: Told) -> Result<u64, StoreError> {
    // Found before anything is written: to look at every permission of the app takes longer than others may wait.
    let holders = match &message.people {
        People::Holder(mark) => {
            pages::holders(app.store.read(), &app.vault, told.network_app, |token| mark.is_of(token)).await?
        }
        _ => vec![],
    };
    let txn = app.store.begin().await?;
    if let Some(id) = &message.id
        && networks::heard_before(&txn, told.network_app, id, told.at).await?
    {
        return Ok(0);
    }
    let looked = match &message.people {
        People::Nobody => 0,
        People::These(people) => pages::told_of(&txn, told, Some(people)).await?,
        People::Everybody => pages::told_of(&txn, told, None).await?,
        People::Holder(_) => pages::told_of(&txn, told, Some(&holders)).await?,
    };
    txn.commit().await?;
    Ok(looked)
}

/// Where a person is sent who asked the network what became of their data.
pub async fn about() -> &'static str {
    words::PERMISSION_ENDED
}
