//! The workspace itself.

use leptos::prelude::*;

use super::Wire;
use crate::domain::{ApiError, LocationCard, WorkspaceCard};

/// The workspace at `/w/{workspace}`.
#[server(endpoint = "workspace/card", protocol = Wire)]
pub async fn card(workspace: String) -> Result<WorkspaceCard, ApiError> {
    use crate::server::answer;
    answer(async |caller| Ok(caller.member(&workspace).await?.workspace().clone())).await
}

/// Adds a location, without pages yet.
#[server(endpoint = "workspace/add_location", protocol = Wire)]
pub async fn add_location(workspace: String, name: String) -> Result<LocationCard, ApiError> {
    use crate::server::{answer, workspaces};
    answer(async |caller| workspaces::add_location(&caller.member(&workspace).await?, &name).await).await
}
