//! The click: an attempt is opened, and the popup is told where to go.

use uuid::Uuid;

use super::{ConnectError, attempts, binding::binding, rows::attempt};
use crate::{
    domain::{AttemptId, AttemptState, PageId},
    server::{
        Caller, Refusal,
        networks::{Ask, authorize_url},
        pages,
        store::Json,
        vault::{hash, random_token},
    },
};

/// What the popup needs.
pub struct Started {
    /// The attempt.
    pub attempt: AttemptId,
    /// Where the popup goes.
    pub url: String,
    /// The network's name.
    pub network: String,
    /// What binds the attempt to this browser; only its hash is kept.
    pub cookie: String,
    /// Attempts that ended because there were too many.
    pub ended: Vec<AttemptId>,
}

/// What a click may say.
#[derive(Default)]
pub struct Wish {
    /// The id that the clicking tab already waits for.
    pub attempt: Option<AttemptId>,
    /// The network is to ask which account it is.
    pub choose_account: bool,
}

/// Opens an attempt to connect `page`.
///
/// # Errors
/// [`Refusal`] when the caller may not, the network is not set up, or the wished id is taken.
pub async fn start(caller: &Caller, page: PageId, wish: Wish) -> Result<Started, Refusal> {
    let member = caller.member_at(page).await?;
    member.must_be_able_to_connect()?;
    let id = free_id(caller, wish.attempt).await?;
    let (app, workspace) = (caller.app(), member.workspace().id);
    let view = pages::view(app.store.read(), workspace, page).await?.ok_or(Refusal::NotFound)?;
    let network_app = app.networks.app_at(&view.network).ok_or(ConnectError::NoApp)?;
    let redirect_uri = app.base_url.callback(network_app.id);
    let (state, cookie) = (random_token(), random_token());
    let ask = Ask { redirect_uri: &redirect_uri, state: &state, choose_account: wish.choose_account, ..Ask::default() };
    let asked = authorize_url(&network_app, &ask).ok().ok_or(ConnectError::BadAddress)?;
    let mut attempt = attempt::Model {
        id,
        state_hash: hash(&state),
        cookie_hash: vec![],
        workspace,
        page,
        user_id: member.session().user,
        session: member.session().id,
        network_app: network_app.id,
        issuer: network_app.definition.issuer.clone(),
        token_endpoint: network_app.definition.token.url.clone(),
        redirect_uri,
        scopes: Json(asked.scopes),
        state: Json(AttemptState::Open),
        choice: Json(vec![]),
        created_at: app.clock.now(),
        taken_at: None,
    };
    attempt.cookie_hash = binding(&attempt, &cookie);
    let ended = attempts::open(app, &attempt, asked.verifier.as_ref()).await?;
    let network = network_app.definition.name.clone();
    Ok(Started { attempt: attempt.id, url: asked.url, network, cookie, ended })
}

/// Another attempt's id is never taken over.
async fn free_id(caller: &Caller, wished: Option<AttemptId>) -> Result<AttemptId, Refusal> {
    let Some(wished) = wished else { return Ok(AttemptId(Uuid::now_v7())) };
    match attempts::find(caller.app().store.read(), wished).await? {
        Some(_) => Err(Refusal::Changed),
        None => Ok(wished),
    }
}
