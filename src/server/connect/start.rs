//! The click: an attempt is opened, and the popup is told where to go.

use std::time::Duration;

use tracing::warn;
use uuid::Uuid;

use super::{
    ConnectError,
    attempts::{self, Attempt, Unsent},
    binding::binding,
    choose::{given, grant_at},
    given::Offered,
    which::{self, Which},
};
use crate::{
    domain::{Ability, AttemptId, AttemptState, Connection, Link, NetworkAppId, PageId, PageView, Trouble},
    server::{
        App, Caller, Member, Refusal,
        networks::{self, Ask, Asked, Definition, NetworkApp, NoAnswer, PushError, authorize_url},
        pages,
        store::Json,
        vault::{hash, random_token},
    },
};

/// An empty window is looked at no longer than this while the network is asked what there is to choose, or is told what
/// is asked for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the popup goes on.
pub enum Way {
    /// To the network.
    There(Started),
    /// To what there is to say of this attempt: the choice of what was approved before, or why it did not begin.
    Told(AttemptId),
    /// Nowhere before an address is typed.
    Which(Box<Which>),
}

/// What the popup needs on its way to the network.
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
#[derive(Clone, Default)]
pub struct Wish {
    /// The id that the clicking tab already waits for.
    pub attempt: Option<AttemptId>,
    /// The network is to ask which account it is.
    pub choose_account: bool,
    /// The network is to ask which pages it gives.
    pub change_pages: bool,
    /// The address that was typed, where the network has many.
    pub address: Option<String>,
}

/// Opens an attempt to connect `page`.
///
/// # Errors
/// [`Refusal`] when the caller may not, the network is not set up, or the wished id is taken.
pub async fn start(caller: &Caller, page: PageId, wish: Wish) -> Result<Way, Refusal> {
    let member = caller.member_at(page).await?;
    member.must_be_able_to_connect()?;
    let id = free_id(&member, page, wish.attempt).await?;
    let (app, workspace) = (caller.app(), member.workspace().id);
    let view = pages::view(app.store.read(), workspace, page).await?.ok_or(Refusal::NotFound)?;
    if !wish.choose_account
        && !wish.change_pages
        && let Some(offered) = approved_before(&member, &view).await?
    {
        return choice(&member, &view, id, offered).await;
    }
    let network_app = match which::app_for(&member, &view, id, &wish).await? {
        Ok(network_app) => network_app,
        Err(which) => {
            which::wait(&member, id, page).await?;
            return Ok(Way::Which(Box::new(which)));
        }
    };
    let redirect_uri = app.base_url.callback(network_app.callback);
    let (state, cookie) = (random_token(), random_token());
    let lacks = view.link.connection().map(|connection| &connection.missing[..]).unwrap_or_default();
    let ask = Ask {
        redirect_uri: &redirect_uri,
        state: &state,
        choose_account: wish.choose_account,
        // What was declined once is not asked for again by itself at some networks.
        ask_again: wish.change_pages || !lacks.is_empty(),
        scopes: only_needed(&network_app.definition, lacks),
    };
    let asked = authorize_url(&network_app, &ask).ok().ok_or(ConnectError::BadAddress)?;
    let mut attempt = row(&member, id, page, Some(&network_app));
    attempt.state_hash = hash(&state);
    attempt.scopes = Json(with_granted(&member, page, asked.scopes.clone()).await?);
    attempt.nonce_hash = asked.nonce.as_deref().map(hash);
    attempt.change_pages = wish.change_pages;
    attempt.cookie_hash = binding(&attempt, &cookie);
    let asked = match pushed(app, &network_app, asked).await {
        Ok(asked) => asked,
        Err(trouble) => return did_not_begin(&member, &attempt, trouble).await,
    };
    which::end_waiting(&member, id, page).await?;
    let unsent = Unsent { verifier: asked.verifier.as_ref(), key: asked.key.as_ref() };
    let ended = attempts::open(app, &attempt, unsent).await?;
    let network = network_app.definition.name.clone();
    Ok(Way::There(Started { attempt: attempt.id, url: asked.url, network, cookie, ended }))
}

/// With what is asked for at the network already, where it takes that.
async fn pushed(app: &App, network_app: &NetworkApp, asked: Asked) -> Result<Asked, Trouble> {
    let pushed = tokio::time::timeout(PATIENCE, networks::push(&app.client, network_app, asked)).await;
    let error = match pushed {
        Ok(Ok(asked)) => return Ok(asked),
        Ok(Err(error)) => error,
        Err(_) => PushError::NoAnswer(NoAnswer::Lost),
    };
    warn!(network = %network_app.definition.id, %error, "the network was not asked");
    Err(match error {
        PushError::NoAnswer(_) => Trouble::NoAnswer,
        PushError::AppRefused => Trouble::AppRefused,
        PushError::Odd => Trouble::OddAnswer,
    })
}

/// The network does not let it begin: the tab that waits hears it like any other end.
async fn did_not_begin(member: &Member, attempt: &Attempt, trouble: Trouble) -> Result<Way, Refusal> {
    let app = member.app();
    which::end_waiting(member, attempt.id, attempt.page).await?;
    attempts::open(app, attempt, Unsent::default()).await?;
    attempts::end(app.store.read(), attempt.id, &AttemptState::Failed(trouble)).await?;
    Ok(Way::Told(attempt.id))
}

/// Just what is missing, where the network adds it to what it has granted; else everything, or the rest would be lost.
fn only_needed(definition: &Definition, lacks: &[Ability]) -> Option<Vec<String>> {
    let is_enough = definition.authorize.incremental && !lacks.is_empty();
    is_enough.then(|| definition.scopes_of(lacks))
}

/// An attempt that nothing can answer yet. Without an app it waits for an address.
pub(super) fn row(member: &Member, id: AttemptId, page: PageId, network_app: Option<&NetworkApp>) -> Attempt {
    let definition = network_app.map(|network_app| &network_app.definition);
    Attempt {
        id,
        state_hash: hash(&random_token()),
        cookie_hash: vec![],
        workspace: member.workspace().id,
        page,
        user_id: member.session().user,
        session: member.session().id,
        network_app: network_app.map_or(NetworkAppId(Uuid::nil()), |network_app| network_app.id),
        issuer: definition.map(|definition| definition.issuer.clone()).unwrap_or_default(),
        token_endpoint: definition.map(|definition| definition.token.url.clone()).unwrap_or_default(),
        redirect_uri: network_app.map(|app| member.app().base_url.callback(app.callback)).unwrap_or_default(),
        scopes: Json(vec![]),
        nonce_hash: None,
        state: Json(AttemptState::Open),
        choice: Json(vec![]),
        change_pages: false,
        created_at: member.app().clock.now(),
        taken_at: None,
    }
}

/// A network that adds to what it granted before is asked for less than it will have granted.
async fn with_granted(member: &Member, page: PageId, mut asked: Vec<String>) -> Result<Vec<String>, Refusal> {
    let granted = grant_at(member.app(), page).await?.map(|grant| grant.scopes.0).unwrap_or_default();
    asked.extend(granted.into_iter().filter(|scope| !asked.contains(scope)).collect::<Vec<_>>());
    Ok(asked)
}

/// What a page that was approved, and for which nobody has chosen an account, can be chosen from. `None`: its
/// permission does not answer, or gives nothing; then the network is asked for a new one.
async fn approved_before(member: &Member, view: &PageView) -> Result<Option<Vec<Offered>>, Refusal> {
    let Link::Linked(Connection { account: None, must_log_in: false, .. }) = &view.link else { return Ok(None) };
    let app = member.app();
    let Some(grant) = grant_at(app, view.id).await? else { return Ok(None) };
    let Some(network_app) = app.networks.app(grant.network_app) else { return Ok(None) };
    let Ok(Ok(given)) = tokio::time::timeout(PATIENCE, given(app, &network_app, &grant)).await else { return Ok(None) };
    if given.iter().all(|page| page.usable.is_err()) {
        return Ok(None);
    }
    Ok(Some(given.iter().map(Offered::from).collect()))
}

/// An attempt that begins where the network has answered already.
async fn choice(member: &Member, view: &PageView, id: AttemptId, offered: Vec<Offered>) -> Result<Way, Refusal> {
    let app = member.app();
    let grant = grant_at(app, view.id).await?.ok_or(Refusal::NotFound)?;
    let network_app = app.networks.app(grant.network_app).ok_or(ConnectError::NoApp)?;
    let mut attempt = row(member, id, view.id, Some(&network_app));
    attempt.state = Json(AttemptState::Choosing);
    attempt.choice = Json(offered);
    attempt.taken_at = Some(attempt.created_at);
    attempts::open(app, &attempt, Unsent::default()).await?;
    Ok(Way::Told(id))
}

/// Another attempt's id is never taken over; one that waits for an address goes on when it is there.
async fn free_id(member: &Member, page: PageId, wished: Option<AttemptId>) -> Result<AttemptId, Refusal> {
    let Some(wished) = wished else { return Ok(AttemptId(Uuid::now_v7())) };
    match attempts::find(member.app().store.read(), wished).await? {
        Some(_) if !which::is_waiting(member, wished, page).await? => Err(Refusal::Changed),
        _ => Ok(wished),
    }
}
