//! Our apps at the networks, for owners. Credentials go in here, and nothing brings them out again.

use leptos::prelude::*;

use super::Wire;
use crate::domain::{ApiError, NetworkId, NetworkLine, NetworkSetup};

/// Every network that has a definition.
#[server(endpoint = "networks/list", protocol = Wire)]
pub async fn list(workspace: String) -> Result<Vec<NetworkLine>, ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| Ok(setup::list(&caller.owner(&workspace).await?))).await
}

/// One network in full, but for what was entered.
#[server(endpoint = "networks/show", protocol = Wire)]
pub async fn show(workspace: String, network: NetworkId) -> Result<NetworkSetup, ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::show(&caller.owner(&workspace).await?, &network).await).await
}

/// Keeps the credentials of our app at the network, sealed.
#[server(endpoint = "networks/enter", protocol = Wire)]
pub async fn enter(
    workspace: String,
    network: NetworkId,
    client_id: String,
    client_secret: String,
    #[server(default)] hook_secret: String,
) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    let entered = setup::Entered { client_id, client_secret: client_secret.into(), hook_secret: hook_secret.into() };
    answer(async |caller| setup::enter(&caller.owner(&workspace).await?, &network, entered).await).await
}

/// Forgets them, though so many pages are connected through that app.
#[server(endpoint = "networks/remove", protocol = Wire)]
pub async fn remove(workspace: String, network: NetworkId, pages: u64) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::remove(&caller.owner(&workspace).await?, &network, pages).await).await
}

/// Puts a network where apps register themselves into the table, or takes it out.
#[server(endpoint = "networks/switch", protocol = Wire)]
pub async fn switch(workspace: String, network: NetworkId, on: bool) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::switch(&caller.owner(&workspace).await?, &network, on).await).await
}

/// Checks whether our app at the network can work.
#[server(endpoint = "networks/check", protocol = Wire)]
pub async fn check(workspace: String, network: NetworkId) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::check(&caller.owner(&workspace).await?, &network).await).await
}
