//! The token endpoint: a code or a refresh token goes in, tokens come out.

use std::time::Duration;

use axum::{
    Form, Json,
    body::{Body, Bytes},
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    Here,
    answers::{NO_STORE, Refusal},
    calls::Call,
    clients::Credentials,
    faults::{Faults, Rotate, Wording},
    ledger::{Ended, GrantId, Ledger},
    networks::{DEFAULT_LIFETIME_S, Lifetime, Network, Refresh, ScopeAnswer},
    params::Params,
    tickets::{Binding, Kind},
};

/// Long enough for the first half of an answer to leave.
const BEFORE_THE_CUT: Duration = Duration::from_millis(50);

/// How long a refresh token is taken after another took its place, where there is grace.
const GRACE_MS: i64 = 10_000;

/// `POST /{network}/oauth/token`.
pub(super) async fn token(State(here): State<Here>, headers: HeaderMap, Form(params): Form<Params>) -> Response {
    let credentials = Credentials::read(&headers, &params);
    let call = Call {
        endpoint: "token",
        client_id: credentials.as_ref().map(|credentials| credentials.id.clone()),
        value: params.one("code").or(params.one("refresh_token")).map(str::to_owned),
        code_verifier: params.one("code_verifier").map(str::to_owned),
    };
    let (network, mut hangs_up) = (here.network, false);
    let work = |ledger: &mut Ledger, faults: &Faults| {
        if let Some(wording) = &faults.token_answer {
            return Ok(as_worded(wording));
        }
        if let Some(when) = &faults.slow_down {
            return Ok(slow_down(when));
        }
        if let Some(error) = &faults.token_error {
            return Err(Refusal::Switched(error.clone()));
        }
        let client = Credentials::prove(credentials.as_ref(), network)?;
        let mut answer = Desk { network, ledger, faults }.serve(&client, &params)?;
        hangs_up = faults.hang_up;
        lay_over(&mut answer, &faults.answer);
        Ok(if faults.cut { cut(&answer) } else { (NO_STORE, Json(answer)).into_response() })
    };
    let response = call.answer(&here, work).await;
    if hangs_up {
        // hyper drops a connection whose service unwinds; no answer that a handler gives ends one without a word.
        std::panic::resume_unwind(Box::new("a fault that was switched on"));
    }
    response
}

fn slow_down(when: &str) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "error": "slow_down" }))).into_response();
    if let Ok(when) = when.parse()
        && !HeaderValue::is_empty(&when)
    {
        response.headers_mut().insert(RETRY_AFTER, when);
    }
    response
}

fn lay_over(answer: &mut Value, fields: &Map<String, Value>) {
    for (name, value) in fields {
        answer[name] = value.clone();
    }
    if let Value::Object(answer) = answer {
        answer.retain(|_, value| !value.is_null());
    }
}

/// What is needed to serve one request.
struct Desk<'a> {
    network: &'static Network,
    ledger: &'a mut Ledger,
    faults: &'a Faults,
}

impl Desk<'_> {
    fn serve(&mut self, client: &str, params: &Params) -> Result<Value, Refusal> {
        if params.repeated() {
            return Err(Refusal::Request("a parameter came twice"));
        }
        match params.one("grant_type") {
            Some("authorization_code") => self.redeem(client, params),
            Some("refresh_token") => self.refresh(client, params),
            _ => Err(Refusal::GrantType),
        }
    }

    fn redeem(&mut self, client: &str, params: &Params) -> Result<Value, Refusal> {
        let code = params.one("code").ok_or(Refusal::Request("no code"))?;
        let grant = self.whose(client, Kind::Code, code)?;
        let ticket = self.ledger.ticket(code).ok_or(Refusal::Grant("unknown code"))?;
        if ticket.is_expired(self.ledger.now()) {
            return Err(Refusal::Grant("the code has expired"));
        }
        let binding = ticket.bound_to.as_ref().ok_or(Refusal::Grant("unknown code"))?;
        binding.allows(params)?;
        self.ledger.spend(code);
        let refresh_token = self.wants_refresh_token(grant).then(|| self.new_refresh_token(grant));
        Ok(self.answer(grant, refresh_token))
    }

    fn refresh(&mut self, client: &str, params: &Params) -> Result<Value, Refusal> {
        if matches!(self.network.refresh, Refresh::Never) {
            return Err(Refusal::GrantType);
        }
        let old = params.one("refresh_token").ok_or(Refusal::Request("no refresh_token"))?;
        let grant = self.whose(client, Kind::Refresh, old)?;
        let asked = params.one("scope").unwrap_or_default();
        if !asked.split_whitespace().all(|scope| self.ledger.grant(grant).scopes.iter().any(|given| given == scope)) {
            return Err(Refusal::Scope);
        }
        let refresh_token = self.rotates().then(|| self.new_refresh_token(grant));
        Ok(self.answer(grant, refresh_token))
    }

    /// The living grant of a code or refresh token. One that was spent before ends everything that came of it
    /// (RFC 6749, section 4.1.2; RFC 9700, section 4.14.2).
    fn whose(&mut self, client: &str, kind: Kind, value: &str) -> Result<GrantId, Refusal> {
        let ticket = self.ledger.ticket_at(self.network, kind, value).ok_or(Refusal::Grant("nobody issued this"))?;
        let (grant, is_current) = (self.ledger.grant(ticket.grant), ticket.current);
        if grant.client_id != client {
            return Err(Refusal::Grant("issued to another client"));
        }
        if !grant.alive {
            return Err(Refusal::Grant("the permission is no more"));
        }
        let id = grant.id;
        let in_grace = kind == Kind::Refresh
            && self.faults.rotate == Some(Rotate::Grace)
            && ticket.replaced_at_ms.is_some_and(|at| self.ledger.now() - at < GRACE_MS);
        if !is_current && !in_grace {
            self.ledger.end(id, Ended::Replayed);
            return Err(Refusal::Grant("used before; everything issued from it is revoked"));
        }
        Ok(id)
    }

    fn wants_refresh_token(&self, grant: GrantId) -> bool {
        match self.network.refresh {
            Refresh::Never => false,
            Refresh::Stable => true,
            Refresh::Strict { scope } => self.ledger.grant(grant).scopes.iter().any(|given| given == scope),
        }
    }

    fn rotates(&self) -> bool {
        let by_nature = matches!(self.network.refresh, Refresh::Strict { .. });
        self.faults.rotate.map_or(by_nature, |rotate| rotate != Rotate::None)
    }

    fn new_refresh_token(&mut self, grant: GrantId) -> String {
        self.ledger.issue_token(grant, Kind::Refresh, None)
    }

    /// Issues an access token and says so in the network's way.
    fn answer(&mut self, grant: GrantId, refresh_token: Option<String>) -> Value {
        let life = self.lifetime();
        let life_ms = life.map(|seconds| i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX));
        let mut answer = json!({ "access_token": self.ledger.issue_token(grant, Kind::Access, life_ms) });
        if let Some(kind) = self.network.token_type {
            answer["token_type"] = kind.into();
        }
        if let Some(told) = told_lifetime(self.network, life) {
            answer["expires_in"] = told;
        }
        if let Some(told) = told_scopes(self.network, &self.ledger.grant(grant).scopes) {
            answer["scope"] = told;
        }
        if let Some(token) = refresh_token {
            answer["refresh_token"] = token.into();
        }
        answer
    }

    /// In seconds; none is a token without an end.
    fn lifetime(&self) -> Option<u64> {
        let by_nature = match self.network.lifetime {
            Lifetime::Untold => None,
            Lifetime::Number | Lifetime::Text => Some(DEFAULT_LIFETIME_S),
        };
        self.faults.expires_in.or(by_nature)
    }
}

impl Binding {
    /// Same address as the request had, and the verifier of its challenge (RFC 7636, section 4.6).
    fn allows(&self, params: &Params) -> Result<(), Refusal> {
        if params.one("redirect_uri") != Some(&self.redirect_uri) {
            return Err(Refusal::Grant("another redirect_uri than the request had"));
        }
        let proof = params.one("code_verifier").map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
        // A verifier without a challenge is a downgrade (RFC 9700, section 4.8.2).
        if proof != self.challenge {
            return Err(Refusal::Grant("the code_verifier does not fit the code_challenge"));
        }
        Ok(())
    }
}

fn told_lifetime(network: &Network, life: Option<u64>) -> Option<Value> {
    let life = life?;
    match network.lifetime {
        Lifetime::Untold => None,
        Lifetime::Number => Some(life.into()),
        Lifetime::Text => Some(life.to_string().into()),
    }
}

fn told_scopes(network: &Network, scopes: &[String]) -> Option<Value> {
    match network.scope_answer {
        ScopeAnswer::Untold => None,
        ScopeAnswer::Text(between) => Some(scopes.join(between).into()),
        ScopeAnswer::Array => Some(scopes.into()),
    }
}

fn as_worded(wording: &Wording) -> Response {
    let status = StatusCode::from_u16(wording.status).unwrap_or_default();
    let body = " ".repeat(wording.padding) + &wording.body;
    (status, [(CONTENT_TYPE, wording.content_type.clone())], body).into_response()
}

/// Promises the whole answer and hangs up in the middle of it.
fn cut(answer: &Value) -> Response {
    let whole = answer.to_string();
    let half = Bytes::copy_from_slice(&whole.as_bytes()[..whole.len() / 2]);
    let (sender, pieces) = mpsc::channel(1);
    tokio::spawn(async move {
        // A reader who is gone already missed even more of it.
        let _ = sender.send(Ok(half)).await;
        // An error at once would come before hyper has sent the first half.
        tokio::time::sleep(BEFORE_THE_CUT).await;
        let _ = sender.send(Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))).await;
    });
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_LENGTH, whole.len().to_string())];
    (headers, Body::from_stream(ReceiverStream::new(pieces))).into_response()
}
