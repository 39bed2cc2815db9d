//! Who our apps are, for networks that ask us: `GET /oauth/clients/{network app}/…`. Nothing of it is secret.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::Value;

use super::Page;
use crate::{
    domain::NetworkAppId,
    server::{
        App, Refusal,
        networks::{self, NetworkApp},
    },
};

/// `client-metadata.json`: what the address that is our `client_id` says.
pub async fn document(State(app): State<App>, Path(network_app): Path<String>) -> Result<Json<Value>, Page> {
    say(&app, &network_app, networks::client_document).await
}

/// `jwks.json`: the public halves of the keys that our app signs by.
pub async fn keys(State(app): State<App>, Path(network_app): Path<String>) -> Result<Json<Value>, Page> {
    say(&app, &network_app, networks::client_keys).await
}

async fn say(app: &App, id: &str, what: fn(&NetworkApp) -> Option<Value>) -> Result<Json<Value>, Page> {
    let id: NetworkAppId = id.parse().ok().ok_or(Refusal::NotFound)?;
    let network_app = app.networks.find(id).await.map_err(Refusal::from)?;
    Ok(Json(network_app.and_then(|network_app| what(&network_app)).ok_or(Refusal::NotFound)?))
}
