use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::*;
use crate::{
    domain::NetworkAppId,
    server::{networks::load::parse, settings::AppCredentials},
};

const ISSUER: &str = "https://as.example";

fn app(secret: &SecretString) -> NetworkApp {
    let text = "id = \"x\"\nname = \"X\"\nissuer = \"https://as.example\"\ndpop = \"required\"\n[authorize]\n\
         url = \"https://as.example/a\"\n[token]\nurl = \"https://as.example/t\"\nauth = \"private_key_jwt\"\n\
         [abilities]\n[person]\nask = \"https://pds.example/me\"\nid = \"id\"\nname = \"name\"\n";
    let definition = parse("x.toml", text).expect("a definition");
    let (client_id, client_secret) = ("https://green.example/client".to_owned(), secret.clone());
    NetworkApp::new(
        NetworkAppId(uuid::Uuid::nil()),
        definition,
        AppCredentials { client_id, client_secret, hook_secret: None },
    )
}

fn asked(url: &str) -> HttpRequest {
    http::Request::post(url).body(b"grant_type=refresh_token&client_id=old".to_vec()).expect("a request")
}

fn part(jws: &str, number: usize) -> Value {
    let part = jws.split('.').nth(number).expect("three parts");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("Base64")).expect("JSON")
}

fn proof(request: &HttpRequest) -> Value {
    part(request.headers()["dpop"].to_str().expect("ASCII"), 1)
}

fn fields(request: &HttpRequest) -> BTreeMap<String, String> {
    oauth2::url::form_urlencoded::parse(request.body()).into_owned().collect()
}

/// A server that answers so, one answer after the other, and what it was asked.
struct Server(Mutex<(Vec<Said>, Vec<HttpRequest>)>);

/// A status, a nonce, and an error.
type Said = (u16, Option<&'static str>, &'static str);

impl Server {
    fn of(answers: &[Said]) -> Self {
        Self(Mutex::new((answers.iter().rev().copied().collect(), vec![])))
    }

    fn hears(&self, request: HttpRequest) -> HttpResponse {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, nonce, error) = inside.0.pop().expect("it is not asked more often");
        let at_the_token = request.uri().path() == "/t";
        inside.1.push(request);
        let mut answer = http::Response::builder().status(status);
        if let Some(nonce) = nonce {
            answer = answer.header("DPoP-Nonce", nonce);
        }
        if !at_the_token && !error.is_empty() {
            answer = answer.header("www-authenticate", format!("DPoP algs=\"ES256\", error=\"{error}\""));
        }
        let body = if at_the_token { json!({ "error": error }).to_string() } else { "{}".to_owned() };
        answer.body(body.into_bytes()).expect("a response")
    }

    fn asked(self) -> Vec<HttpRequest> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).1
    }
}

async fn sends(proofs: &Proofs, server: &Server, draft: &Draft<'_>) -> u16 {
    let answer = proofs.send(draft, async |request| Ok(server.hears(request))).await;
    answer.expect("it answers").status().as_u16()
}

const WANTS: &str = "use_dpop_nonce";

#[tokio::test]
async fn another_nonce_costs_one_more_request_and_a_third_is_never_sent() {
    let (key, secret) = (SigningKey::generate(), SigningKey::generate());
    let (app, proofs) = (app(&secret), Proofs::default());
    for (url, status) in [("https://as.example/t", 400), ("https://pds.example/me", 401)] {
        let draft =
            Draft { request: asked(url), app: &app, is_of_app: true, client_key: None, key: Some(&key), access: None };
        let server = Server::of(&[(status, Some("one"), WANTS), (status, Some("two"), WANTS)]);
        assert_eq!(sends(&proofs, &server, &draft).await, status);
        let asked = server.asked();
        let nonces: Vec<_> = asked.iter().map(|request| proof(request)["nonce"].clone()).collect();
        assert_eq!(nonces, [Value::Null, "one".into()], "{url}: what one server wants is nobody else's");
        let numbers: Vec<_> = asked.iter().map(|request| proof(request)["jti"].clone()).collect();
        assert_ne!(numbers[0], numbers[1]);
        let statements: Vec<_> = asked.iter().map(|request| fields(request)["client_assertion"].clone()).collect();
        assert_ne!(part(&statements[0], 1)["jti"], part(&statements[1], 1)["jti"]);
        // The next request begins with the last that was heard of, also from an answer that was fine.
        let server = Server::of(&[(200, Some("three"), "")]);
        assert_eq!(sends(&proofs, &server, &draft).await, 200);
        assert_eq!(proof(&server.asked()[0])["nonce"], "two");
        let server = Server::of(&[(200, None, "")]);
        sends(&proofs, &server, &draft).await;
        assert_eq!(proof(&server.asked()[0])["nonce"], "three");
    }
}

#[tokio::test]
async fn a_nonce_without_a_word_or_a_word_without_a_nonce_is_no_reason_to_ask_again() {
    let (key, secret) = (SigningKey::generate(), SigningKey::generate());
    let app = app(&secret);
    let draft = |key| Draft {
        request: asked("https://as.example/t"),
        app: &app,
        is_of_app: true,
        client_key: None,
        key,
        access: None,
    };
    for (answer, key) in [
        ((400, Some("one"), "invalid_grant"), Some(&key)),
        ((400, None, WANTS), Some(&key)),
        ((400, Some("one"), WANTS), None),
        ((500, Some("one"), WANTS), Some(&key)),
    ] {
        let server = Server::of(&[answer]);
        assert_eq!(sends(&Proofs::default(), &server, &draft(key)).await, answer.0, "{answer:?}");
    }
}

#[tokio::test]
async fn a_proof_is_for_one_request_and_one_token() {
    let (key, secret) = (SigningKey::generate(), SigningKey::generate());
    let (app, clock) = (app(&secret), Clock::default());
    let access = SecretString::from("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
    let mut request = asked("https://pds.example:8443/xrpc/me?actor=a%20b");
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer other"));
    let draft =
        Draft { request, app: &app, is_of_app: false, client_key: None, key: Some(&key), access: Some(&access) };
    let server = Server::of(&[(200, None, "")]);
    sends(&Proofs::of(clock.clone()), &server, &draft).await;
    let asked = server.asked();
    let (head, claims) = (part(asked[0].headers()["dpop"].to_str().expect("ASCII"), 0), proof(&asked[0]));
    let own = SigningKey::read(&key).expect("a key");
    assert_eq!(head, json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": own.public() }));
    assert_eq!(
        (claims["htm"].as_str(), claims["htu"].as_str()),
        (Some("POST"), Some("https://pds.example:8443/xrpc/me"))
    );
    // RFC 9449, section 7.1.
    assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    assert!((claims["iat"].as_i64().expect("a number") - clock.now().0 / 1_000).abs() < 5);
    assert_eq!(asked[0].headers()["authorization"], format!("DPoP {}", access.expose_secret()));
    assert_eq!(fields(&asked[0])["client_id"], "old", "it is not the app that speaks");
}

#[tokio::test]
async fn a_statement_is_for_its_issuer_alone_and_by_the_key_that_it_began_with() {
    let (new, old) = (SigningKey::generate(), SigningKey::generate());
    let pem = |key: &SecretString| {
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", key.expose_secret())
    };
    let print = |key: &SecretString| SigningKey::read(key).expect("a key").thumbprint();
    let app = app(&format!("{}{}", pem(&new), pem(&old)).into());
    for (began_with, signs) in [(None, &new), (Some(print(&old)), &old), (Some("gone".to_owned()), &new)] {
        let request = asked("https://as.example/t");
        let client_key = began_with.as_deref();
        let draft = Draft { request, app: &app, is_of_app: true, client_key, key: None, access: None };
        let server = Server::of(&[(200, None, "")]);
        sends(&Proofs::default(), &server, &draft).await;
        let asked = server.asked();
        let fields = fields(&asked[0]);
        assert_eq!(
            (fields["client_id"].as_str(), fields["grant_type"].as_str()),
            (app.client_id.as_str(), "refresh_token")
        );
        assert_eq!(fields["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let (head, claims) = (part(&fields["client_assertion"], 0), part(&fields["client_assertion"], 1));
        assert_eq!(head["kid"], print(signs));
        assert_eq!(claims["aud"], ISSUER, "SECURITY: O-30");
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!(app.client_id), &json!(app.client_id)));
        assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|at| at + STATEMENT_LIVES));
        assert!(!asked[0].headers().contains_key("dpop"));
        for key in [&new, &old] {
            assert!(!String::from_utf8_lossy(asked[0].body()).contains(key.expose_secret()), "a key is never said");
        }
    }
}

#[test]
fn a_refused_proof_is_no_word_about_the_token() {
    use crate::server::networks::{Verdict, client::Answer};

    let app = app(&SigningKey::generate());
    let mut definition = app.definition;
    definition.refusals = toml::from_str::<BTreeMap<String, Vec<_>>>("all = [{ status = 401, means = \"refused\" }]")
        .expect("a rule")
        .remove("all")
        .expect("it is there");
    let judged = |challenge: &str| {
        let answer = http::Response::builder().status(401).header("www-authenticate", challenge);
        let answer = answer.body(b"{}".to_vec()).expect("a response");
        Verdict::of(&definition, &Ok(Answer::from(answer)))
    };
    assert_eq!(judged("DPoP error=\"use_dpop_nonce\""), Verdict::NoAnswer);
    assert_eq!(judged("dpop algs=\"ES256\", error=\"invalid_dpop_proof\""), Verdict::OurAppIsWrong);
    let several = "Bearer realm=\"x\", DPoP algs=\"ES256\", error=\"use_dpop_nonce\"";
    assert_eq!(judged(several), Verdict::NoAnswer);
    assert!(matches!(judged("DPoP error=\"invalid_token\""), Verdict::Dead(_)));
    assert!(matches!(judged("Bearer error=\"use_dpop_nonce\""), Verdict::Dead(_)));
}
