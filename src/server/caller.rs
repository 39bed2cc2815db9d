//! Who asks, and what they may see. Only [`Caller::member`] and its sisters make a [`Member`], and a member sees only
//! its workspace: for everything else the answer is "not found".

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::{
    App, Refusal,
    accounts::{self, Session},
    limits::Address,
    workspaces,
};
use crate::domain::{ApiError, LocationId, PageId, Role, WorkspaceCard};

/// Whoever sent the request, signed in or not.
#[derive(Clone)]
pub struct Caller {
    app: App,
    session: Option<Session>,
    headers: HeaderMap,
    address: Address,
}

impl Caller {
    /// Reads who it is from the request's cookies.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(app: &App, headers: HeaderMap) -> Result<Self, Refusal> {
        let session = accounts::session_of(app, &headers).await?;
        Ok(Self { app: app.clone(), session, headers, address: Address::default() })
    }

    /// The same caller, at the address that the request came from.
    #[must_use]
    fn from(self, parts: &Parts) -> Self {
        Self { address: parts.extensions.get().copied().unwrap_or_default(), ..self }
    }

    /// Where the request came from.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// The instance.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The session of whoever is signed in.
    ///
    /// # Errors
    /// [`Refusal::SignedOut`].
    pub fn session(&self) -> Result<&Session, Refusal> {
        self.session.as_ref().ok_or(Refusal::SignedOut)
    }

    /// What the browser calls itself, cut to what is worth showing.
    #[must_use]
    pub fn browser(&self) -> String {
        let agent = self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        agent.unwrap_or("unknown").chars().take(200).collect()
    }

    /// The request's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The caller as a member of the workspace at `/w/{slug}`.
    ///
    /// # Errors
    /// [`Refusal::SignedOut`], or [`Refusal::NotFound`] when there is no such workspace or it is somebody else's.
    pub async fn member(&self, slug: &str) -> Result<Member, Refusal> {
        let session = self.session()?;
        let found = workspaces::of_member(&self.app, session.user, slug).await?;
        self.as_member(found)
    }

    /// The caller as a member of the workspace that the page belongs to.
    ///
    /// # Errors
    /// As [`Caller::member`].
    pub async fn member_at(&self, page: PageId) -> Result<Member, Refusal> {
        let session = self.session()?;
        let found = workspaces::of_member_at(&self.app, session.user, page).await?;
        self.as_member(found)
    }

    /// The caller as a member of the workspace that the location belongs to.
    ///
    /// # Errors
    /// As [`Caller::member`].
    pub async fn member_of(&self, location: LocationId) -> Result<Member, Refusal> {
        let session = self.session()?;
        let found = workspaces::of_member_of(&self.app, session.user, location).await?;
        self.as_member(found)
    }

    /// The caller as an owner of the workspace at `/w/{slug}`. Its other members hear what strangers hear: what only owners
    /// see is not there for them.
    ///
    /// # Errors
    /// As [`Caller::member`].
    pub async fn owner(&self, slug: &str) -> Result<Owner, Refusal> {
        let member = self.member(slug).await?;
        if member.role == Role::Owner { Ok(Owner(member)) } else { Err(Refusal::NotFound) }
    }

    fn as_member(&self, found: Option<(WorkspaceCard, Role)>) -> Result<Member, Refusal> {
        let (workspace, role) = found.ok_or(Refusal::NotFound)?;
        let session = self.session()?.clone();
        Ok(Member { app: self.app.clone(), session, workspace, role })
    }
}

/// Somebody in a workspace of theirs.
#[derive(Clone)]
pub struct Member {
    app: App,
    session: Session,
    workspace: WorkspaceCard,
    role: Role,
}

impl Member {
    /// The instance.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &super::store::Store {
        &self.app.store
    }

    /// Their session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// How they are called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.session.name
    }

    /// The workspace.
    #[must_use]
    pub fn workspace(&self) -> &WorkspaceCard {
        &self.workspace
    }

    /// Their role in it.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Lets only those pass who may connect.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`].
    pub fn must_be_able_to_connect(&self) -> Result<(), Refusal> {
        if self.role.may_connect() { Ok(()) } else { Err(Refusal::NotAllowed) }
    }
}

/// A member who owns the workspace.
#[derive(Clone)]
pub struct Owner(Member);

impl std::ops::Deref for Owner {
    type Target = Member;

    fn deref(&self) -> &Member {
        &self.0
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = super::http::Page;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(app, parts.headers.clone()).await?.from(parts))
    }
}

/// Runs a server function's work for whoever calls it, and tells them only what [`Refusal::as_told`] says.
///
/// # Errors
/// The [`ApiError`] that fits.
pub async fn answer<T>(work: impl AsyncFnOnce(&Caller) -> Result<T, Refusal>) -> Result<T, ApiError> {
    let done = match caller().await {
        Ok(caller) => work(&caller).await,
        Err(refusal) => Err(refusal),
    };
    done.map_err(|refusal| {
        let (status, told) = refusal.as_told();
        // A page that is drawn for nobody redirects to the sign-in page, and a browser follows only a 3xx.
        // So is a form that a browser sent by itself led back to its page, which tells what it came to.
        let redirects = is_plain_form() || (told == ApiError::SignedOut && !is_call());
        if let Some(response) = use_context::<ResponseOptions>().filter(|_| !redirects) {
            response.set_status(status);
            if let Some(seconds) = refusal.retry_after() {
                response.insert_header(header::RETRY_AFTER, seconds.into());
            }
        }
        told
    })
}

/// Whether a browser asks the server function itself, and not a page that is being drawn.
fn is_call() -> bool {
    use_context::<Parts>().is_some_and(|parts| parts.uri.path().starts_with("/api/"))
}

/// Whether a browser without a script of ours sent a form to the server function.
fn is_plain_form() -> bool {
    let accepts = |parts: &Parts| {
        parts
            .headers
            .get(header::ACCEPT)
            .and_then(|kinds| kinds.to_str().ok())
            .is_some_and(|kinds| kinds.contains("text/html"))
    };
    is_call() && use_context::<Parts>().is_some_and(|parts| accepts(&parts))
}

async fn caller() -> Result<Caller, Refusal> {
    let app = use_context::<App>().ok_or(Refusal::Internal("no app in the context"))?;
    let parts = use_context::<Parts>().ok_or(Refusal::Internal("no request in the context"))?;
    Ok(Caller::of(&app, parts.headers.clone()).await?.from(&parts))
}
