//! The code becomes a linked page: exchanged once, sealed at once, asked whose it is, and linked in one transaction.

use secrecy::SecretString;
use tracing::{error, warn};

use super::{
    ConnectError,
    attempts::{self, Attempt, Secrets},
    given::{self, By, Offered, Which},
    kept::{self, Kept},
    later,
    link::{self, Taken},
    returning::{self, Owed},
    second,
};
use crate::{
    domain::{Account, AttemptState, Trouble},
    server::{
        App,
        networks::{
            self, Bearer, Code, ExchangeError, Expected, Listed, NetworkApp, NoAnswer, RemotePage, Verdict, WhoError,
        },
        pages,
        store::Writing,
        vault::{VaultError, hash},
    },
};

/// Sends the code and goes on to the end, in a task that outlives the caller: a handler's future dies with its
/// browser's connection, and a code that was sent cannot be sent again.
///
/// # Errors
/// When something of ours does not work; the attempt is then told as failed where that is still possible.
pub async fn finish(app: &App, attempt: Attempt, code: SecretString) -> Result<AttemptState, ConnectError> {
    let (app, id) = (app.clone(), attempt.id);
    let task = app.tasks.clone().spawn(async move {
        match exchange(&app, &attempt, code).await {
            Ok(None) => later::go_on_at_last(&app, attempt).await,
            Ok(Some(ended)) => Ok(ended),
            Err(error) => {
                let failed = AttemptState::Failed(Trouble::NoAnswer);
                if let Err(error) = attempts::fail(app.store.read(), id, &failed).await {
                    warn!(attempt = %id, %error, "an attempt's end is not written down; the next sweep does it");
                }
                Err(error)
            }
        }
    });
    task.await.ok().ok_or(ConnectError::Unreadable)?
}

/// Sends the code and keeps the answer; or tells how the attempt ended without one.
async fn exchange(app: &App, attempt: &Attempt, code: SecretString) -> Result<Option<AttemptState>, ConnectError> {
    let network_app = app.networks.find(attempt.network_app).await?.ok_or(ConnectError::NoApp)?;
    let db = app.store.read();
    let verifier = app.vault.find(db, Secrets(attempt).verifier()).await?;
    let key = app.vault.find(db, Secrets(attempt).key()).await?;
    attempts::forget_unsent(db, &app.vault, attempt).await?;
    let definition = &network_app.definition;
    if (definition.authorize.pkce && verifier.is_none()) || (definition.binds_tokens() && key.is_none()) {
        // Stopped between the callback and here, or taken away. A code that leaves without its verifier is bound to nobody.
        return end(app, attempt, AttemptState::Failed(Trouble::OtherBrowser)).await.map(Some);
    }
    let (token_url, redirect_uri) = (attempt.token_endpoint.as_str(), attempt.redirect_uri.as_str());
    let sent = Code { token_url, redirect_uri, code, verifier, key };
    let sent_at = app.clock.now();
    let tokens = match networks::exchange(&app.client, &network_app, sent).await {
        Ok(tokens) => tokens,
        Err(error) => {
            warn!(network = %network_app.definition.id, %error, "a code became no tokens");
            return end(app, attempt, AttemptState::Failed(trouble(error))).await.map(Some);
        }
    };
    match kept::keep(db, &app.vault, attempt, &Kept::of(&tokens, sent_at, definition.then.len())).await {
        Ok(()) => Ok(None),
        Err(error) => {
            later::give_back_unkept(app, &network_app, &tokens).await;
            Err(error.into())
        }
    }
}

fn trouble(error: ExchangeError) -> Trouble {
    match error {
        ExchangeError::CodeRefused | ExchangeError::Odd | ExchangeError::NoAnswer(NoAnswer::TooLarge) => {
            Trouble::OddAnswer
        }
        ExchangeError::NoAnswer(_) => Trouble::NoAnswer,
        ExchangeError::AppRefused => Trouble::AppRefused,
    }
}

/// Ends it, if nobody has meanwhile; how it stands.
async fn end(app: &App, attempt: &Attempt, state: AttemptState) -> Result<AttemptState, ConnectError> {
    let db = app.store.read();
    if attempts::fail(db, attempt.id, &state).await? {
        return Ok(state);
    }
    Ok(attempts::find(db, attempt.id).await?.map_or(state, |attempt| attempt.state.0))
}

/// What the network says of an approval.
pub(super) struct Approved {
    /// Who approved.
    pub person: Account,
    /// The pages it gives.
    pub pages: Vec<RemotePage>,
    /// Whether these are all that it gives.
    pub is_whole: bool,
    /// What was granted.
    pub scopes: Vec<String>,
    /// The answer as it is kept.
    pub kept: Kept,
}

/// Goes on from the sealed answer: right after the exchange, or after a restart. It is open still where the network does
/// not answer just now.
///
/// # Errors
/// As [`finish`].
pub(super) async fn go_on(app: &App, attempt: Attempt) -> Result<AttemptState, ConnectError> {
    let network_app = app.networks.find(attempt.network_app).await?.ok_or(ConnectError::NoApp)?;
    let approved = match ask(app, &network_app, &attempt).await {
        Ok(approved) => approved,
        Err(ConnectError::Vault(error)) if error.is_lost() => {
            // The process ended before the network's answer came: nothing was kept, and a code is sent only once.
            warn!(%error, "an interrupted attempt cannot go on");
            return end(app, &attempt, AttemptState::Failed(Trouble::NoAnswer)).await;
        }
        Err(error) => {
            let trouble = match &error {
                ConnectError::Who(error) => who_trouble(*error),
                ConnectError::Exchange(error) => trouble(*error),
                _ => return Err(error),
            };
            warn!(network = %network_app.definition.id, %error, "an approval could not be looked into");
            return not_now(app, &attempt, None, trouble).await;
        }
    };
    if let Err(error) = confirm(app, &network_app, &attempt, &approved).await {
        warn!(network = %network_app.definition.id, %error, "an approval could not be confirmed");
        return not_now(app, &attempt, Some(&approved), who_trouble(error)).await;
    }
    let db = app.store.read();
    let mut others = pages::standing(db, attempt.workspace, &network_app.definition.id).await?;
    let Some(own) = others.iter().position(|standing| standing.page == attempt.page).map(|at| others.remove(at)) else {
        return unwanted(app, &attempt, Some(&approved), AttemptState::Failed(Trouble::PageGone)).await;
    };
    let known = pages::find_of_person(db, attempt.workspace, attempt.network_app, &approved.person.id).await?;
    let by = By { person: &approved.person, known: known.map(|grant| grant.id) };
    let taken = match given::which(&own, &others, &approved.pages, by) {
        Which::This(page) => Taken::This(page),
        Which::Several => Taken::NotYet,
        Which::Lost => Taken::Lost,
        Which::None(state) => {
            if state == AttemptState::Failed(Trouble::NoPages) {
                let given: Vec<_> = approved.pages.iter().map(Offered::from).collect();
                attempts::keep_given(db, attempt.id, &given).await?;
            }
            return unwanted(app, &attempt, Some(&approved), state).await;
        }
    };
    link::link(app, &attempt, &network_app, approved, taken).await
}

/// The network did not say what was asked. Where it did not answer at all, the approval waits, if its person does.
async fn not_now(
    app: &App,
    attempt: &Attempt,
    approved: Option<&Approved>,
    trouble: Trouble,
) -> Result<AttemptState, ConnectError> {
    if trouble == Trouble::NoAnswer {
        let now = attempts::find(app.store.read(), attempt.id).await?;
        if now.is_some_and(|attempt| attempt.state.0 == AttemptState::Open) {
            return Ok(AttemptState::Open);
        }
    }
    unwanted(app, attempt, approved, AttemptState::Failed(trouble)).await
}

pub(super) fn who_trouble(error: WhoError) -> Trouble {
    match error {
        WhoError::Refused(Verdict::NoAnswer | Verdict::SlowDown(_)) => Trouble::NoAnswer,
        WhoError::Refused(Verdict::OurAppIsWrong) => Trouble::AppRefused,
        WhoError::Refused(Verdict::LostAbility | Verdict::LostPage) => Trouble::PagesHidden,
        WhoError::Refused(_) | WhoError::Odd => Trouble::OddAnswer,
        WhoError::NotTheirs => Trouble::WrongIssuer,
    }
}

async fn ask(app: &App, network_app: &NetworkApp, attempt: &Attempt) -> Result<Approved, ConnectError> {
    let mut kept = kept::whole(app, network_app, attempt).await?;
    // Before anything else is asked with the token: whose it is decides where that is.
    let confirmed = networks::confirmed(&app.client, network_app, &kept.named).await?;
    kept.named.extend(confirmed);
    let (client, access, key) = (&app.client, kept.access(), kept.key());
    let bearer = Bearer { access: &access, key: key.as_ref(), kept: &kept.named };
    let person = networks::who_am_i(client, network_app, bearer).await?;
    let listed = networks::granted_scopes(client, network_app, bearer).await?;
    // An answer without scopes means "as asked" (RFC 6749, section 5.1).
    let scopes = listed.or_else(|| kept.scopes.clone()).unwrap_or_else(|| attempt.scopes.0.clone());
    let Listed { pages, is_whole } = networks::remote_pages(client, network_app, bearer, (&person, &scopes)).await?;
    Ok(Approved { person, pages, is_whole, scopes, kept })
}

/// Whether the network's signed words about the approval, where it has some, fit what it says of it otherwise.
async fn confirm(app: &App, network_app: &NetworkApp, attempt: &Attempt, approved: &Approved) -> Result<(), WhoError> {
    let Approved { person, kept, .. } = approved;
    let is_nonce = |nonce: &str| attempt.nonce_hash.as_ref().is_some_and(|expected| hash(nonce) == *expected);
    let came_at = kept.came_at.unwrap_or(attempt.created_at);
    let expected = Expected { person, is_nonce: &is_nonce, access: &kept.access(), came_at };
    networks::confirm(&app.client, network_app, kept.id_token().as_ref(), &expected).await
}

/// The approval is not wanted: the attempt ends, and the permission goes back to the network unless somebody needs it.
pub(super) async fn unwanted(
    app: &App,
    attempt: &Attempt,
    approved: Option<&Approved>,
    state: AttemptState,
) -> Result<AttemptState, ConnectError> {
    let writing = app.store.write(attempt.workspace).await?;
    let jobs = match kept::kept(writing.txn(), &app.vault, attempt).await {
        Err(ConnectError::Vault(VaultError::Missing(_))) => {
            // Another process went on with it meanwhile, and has linked it or owed it back.
            drop(writing);
            return end(app, attempt, state).await;
        }
        Err(error) if is_lost(&error) => {
            error!(attempt = %attempt.id, %error, "a permission cannot be given back; its person must remove it by hand");
            vec![]
        }
        kept => owe_all(&writing, app, (attempt, approved), &kept?).await?,
    };
    attempts::fail(writing.txn(), attempt.id, &state).await?;
    attempts::forget(writing.txn(), &app.vault, attempt).await?;
    app.bus.commit(&app.store, writing).await?;
    for job in jobs {
        returning::settle_soon(app, job);
    }
    end(app, attempt, state).await
}

fn is_lost(error: &ConnectError) -> bool {
    match error {
        ConnectError::Vault(error) => error.is_lost(),
        ConnectError::Unreadable => true,
        _ => false,
    }
}

/// All that came in one answer.
async fn owe_all(
    writing: &Writing,
    app: &App,
    (attempt, approved): (&Attempt, Option<&Approved>),
    kept: &Kept,
) -> Result<Vec<uuid::Uuid>, ConnectError> {
    let mut jobs = Vec::from_iter(returning::owe(writing, app, owed(attempt, approved, kept)).await?);
    if let Some((second, network_app)) = kept.second().zip(app.networks.app(attempt.network_app)) {
        jobs.extend(returning::owe(writing, app, second::owed(&network_app, second)).await?);
    }
    Ok(jobs)
}

fn owed(attempt: &Attempt, approved: Option<&Approved>, kept: &Kept) -> Owed {
    Owed {
        network_app: attempt.network_app,
        person_id: approved.map(|approved| approved.person.id.clone()),
        access: kept.access(),
        refresh: kept.refresh(),
        key: kept.key(),
        kept: kept.named.clone(),
        page: None,
    }
}
