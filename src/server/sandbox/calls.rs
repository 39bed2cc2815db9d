//! A call of an application: counted, slowed or refused as the faults will have it, and written down.

use axum::{
    http::{HeaderMap, header::AUTHORIZATION},
    response::Response,
};

use super::{
    Here,
    answers::{self, Refusal},
    faults::Faults,
    ledger::{Claims, Ended, Grant, Ledger},
    networks::Network,
    tickets::Kind,
};

/// Who calls what, as far as the request says so.
pub(super) struct Call {
    pub endpoint: &'static str,
    pub client_id: Option<String>,
    /// The code or token that came along.
    pub value: Option<String>,
    pub code_verifier: Option<String>,
}

impl Call {
    /// Does the work at once and delays only the answer: a client that hangs up meanwhile has still spent its token.
    pub(super) async fn answer(
        self,
        here: &Here,
        work: impl FnOnce(&mut Ledger, &Faults) -> Result<Response, Refusal>,
    ) -> Response {
        let (response, delay) = here.sandbox.book(|ledger| {
            let faults = ledger.faults_for(here.network, self.value.as_deref());
            let response = self.work(here.network, ledger, &faults, work);
            (response, faults.delay())
        });
        tokio::time::sleep(delay).await;
        response
    }

    fn work(
        self,
        network: &'static Network,
        ledger: &mut Ledger,
        faults: &Faults,
        work: impl FnOnce(&mut Ledger, &Faults) -> Result<Response, Refusal>,
    ) -> Response {
        if let Some(value) = &self.value {
            ledger.presented(value);
        }
        let response = if faults.down || (faults.me_down && self.endpoint == "me") {
            answers::down(network)
        } else {
            work(ledger, faults).unwrap_or_else(|refusal| refusal.told_by(network))
        };
        let claims = Claims { endpoint: self.endpoint, client_id: self.client_id, code_verifier: self.code_verifier };
        ledger.visited(network, claims, response.status().as_u16());
        response
    }

    /// A call with an access token; the token says whose application it is.
    pub(super) fn with_bearer(here: &Here, endpoint: &'static str, headers: &HeaderMap) -> Self {
        let value = bearer(headers);
        let client_id = here.sandbox.book(|ledger| {
            let ticket = value.as_deref().and_then(|value| ledger.ticket_at(here.network, Kind::Access, value))?;
            Some(ledger.grant(ticket.grant).client_id.clone())
        });
        Self { endpoint, client_id, value, code_verifier: None }
    }
}

/// The grant that this access token stands for, or what happened to it.
pub(super) fn living_grant<'a>(
    network: &Network,
    ledger: &'a Ledger,
    token: Option<&str>,
) -> Result<&'a Grant, Refusal> {
    let ticket = token.and_then(|token| ledger.ticket_at(network, Kind::Access, token)).ok_or(Refusal::UnknownToken)?;
    let grant = ledger.grant(ticket.grant);
    let expired = ticket.is_expired(ledger.now()).then_some(Ended::Expired);
    grant.ended.or(expired).map_or(Ok(grant), |why| Err(Refusal::DeadToken(why)))
}

/// The scheme is case-insensitive (RFC 9110, section 11.1).
fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
