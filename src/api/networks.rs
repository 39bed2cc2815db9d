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

/// One app in full, but for what was entered: the network's own, or the one at an address of its list.
#[server(endpoint = "networks/show", protocol = Wire)]
pub async fn show(
    workspace: String,
    network: NetworkId,
    #[server(default)] at: String,
) -> Result<NetworkSetup, ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::show(&caller.owner(&workspace).await?, setup::at(&network, &at)).await).await
}

/// Keeps the credentials of our app, sealed.
#[server(endpoint = "networks/enter", protocol = Wire)]
pub async fn enter(
    workspace: String,
    network: NetworkId,
    #[server(default)] at: String,
    #[server(default)] client_id: String,
    #[server(default)] client_secret: String,
    #[server(default)] hook_secret: String,
) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    let entered = setup::Entered { client_id, client_secret: client_secret.into(), hook_secret: hook_secret.into() };
    answer(async |caller| setup::enter(&caller.owner(&workspace).await?, setup::at(&network, &at), entered).await).await
}

/// Gives the app at an address of the network a redirect address, so that its credentials can be had and entered.
#[server(endpoint = "networks/place", protocol = Wire)]
pub async fn place(workspace: String, network: NetworkId, address: String) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::place(&caller.owner(&workspace).await?, &network, &address).await).await
}

/// Forgets them, though so many pages are connected through that app.
#[server(endpoint = "networks/remove", protocol = Wire)]
pub async fn remove(
    workspace: String,
    network: NetworkId,
    #[server(default)] at: String,
    pages: u64,
) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::remove(&caller.owner(&workspace).await?, setup::at(&network, &at), pages).await).await
}

/// Puts a network where apps register themselves into the table, or takes it out.
#[server(endpoint = "networks/switch", protocol = Wire)]
pub async fn switch(workspace: String, network: NetworkId, on: bool) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::switch(&caller.owner(&workspace).await?, &network, on).await).await
}

/// Checks whether our app can work.
#[server(endpoint = "networks/check", protocol = Wire)]
pub async fn check(workspace: String, network: NetworkId, #[server(default)] at: String) -> Result<(), ApiError> {
    use crate::server::{answer, setup};
    answer(async |caller| setup::check(&caller.owner(&workspace).await?, setup::at(&network, &at)).await).await
}
