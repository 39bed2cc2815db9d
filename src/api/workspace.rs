//! The workspace itself.

use leptos::prelude::*;

use super::Wire;
use crate::domain::{ApiError, LocationCard};

/// Adds a location, without pages yet.
#[server(endpoint = "workspace/add_location", protocol = Wire)]
pub async fn add_location(workspace: String, name: String) -> Result<LocationCard, ApiError> {
    use crate::server::{answer, workspaces};
    answer(async |caller| workspaces::add_location(&caller.member(&workspace).await?, &name).await).await
}
