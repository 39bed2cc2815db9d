use oauth2::{
    AuthorizationCode, ClientId, HttpResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};

use super::*;
use crate::server::networks::{
    ExchangeError, NoAnswer,
    definition::{Definition, Shape},
    exchange::{CrateClient, shaped, tokens, told},
    load,
};

fn normal(status: u16, body: &str, separator: &str) -> (u16, Value) {
    let answer = http::Response::builder().status(status).body(body.as_bytes().to_vec()).expect("a response");
    let normal = normalise(answer, separator, &Shape::default());
    let mut json: Value = serde_json::from_slice(normal.body()).unwrap_or_default();
    if let Some(fields) = json.as_object_mut() {
        fields.remove(KEPT);
    }
    (normal.status().as_u16(), json)
}

#[test]
fn odd_answers_become_rfc_answers() {
    let plain = json!({"access_token": "t", "token_type": "bearer"});
    let with = |key: &str, value: Value| {
        let mut all = plain.clone();
        all[key] = value;
        all
    };
    for (body, separator, expected) in [
        (r#"{"access_token":"t"}"#, " ", plain.clone()),
        ("access_token=t&token_type=bearer", " ", plain.clone()),
        (r#"{"access_token":"t","scope":["a","b"]}"#, " ", with("scope", "a b".into())),
        (r#"{"access_token":"t","scope":"a,b"}"#, ",", with("scope", "a b".into())),
        (r#"{"access_token":"t","expires_in":"3600"}"#, " ", with("expires_in", 3600.into())),
        (r#"{"access_token":"t","expires_in":3599.5}"#, " ", with("expires_in", 3599.into())),
        (r#"{"access_token":"t","expires_in":-1,"refresh_token":null}"#, " ", plain.clone()),
        (r#"{"access_token":"t","expires_in":0}"#, " ", plain.clone()),
        (r#"{"access_token":"t","scope":[]}"#, " ", with("scope", "".into())),
        (r#"{"access_token":"t","scope":" a ,, b c,"}"#, ",", with("scope", "a b c".into())),
        (r#"{"access_token":"t","error":null}"#, " ", plain.clone()),
        (r#"{"access_token":"t","error":0,"id":99999000000000000000000000000000}"#, " ", plain.clone()),
    ] {
        assert_eq!(normal(200, body, separator), (200, expected), "{body}");
        assert_eq!(normal(201, body, separator).0, 200, "{body}");
    }
}

#[test]
fn an_error_inside_a_200_is_an_error() {
    assert_eq!(normal(200, r#"{"error":"invalid_grant"}"#, " "), (400, json!({"error": "invalid_grant"})));
    assert_eq!(normal(400, r#"{"error":{"code":190}}"#, " "), (400, json!({"error": "190"})));
    assert_eq!(normal(200, "error=bad_verification_code", " "), (400, json!({"error": "bad_verification_code"})));
    for odd in ["190", "true", "[]", "{}", r#""x""#, r#"{"message":"no"}"#] {
        assert_eq!(normal(200, &format!(r#"{{"access_token":"t","error":{odd}}}"#), " ").0, 400, "{odd}");
    }
}

#[test]
fn an_answer_without_a_usable_token_carries_none() {
    for (body, separator) in [
        (r#"{"access_token":""}"#, " "),
        (r#"{"access_token":"t\nHost: x"}"#, " "),
        (r#"{"access_token":null}"#, " "),
        (r#"{"access_token":["t"]}"#, " "),
    ] {
        assert_eq!(normal(200, body, separator), (200, json!({"token_type": "bearer"})), "{body}");
    }
    assert_eq!(normal(200, "access_token=t&error=x&error=", " "), (200, Value::Null));
}

#[test]
fn what_is_no_answer_stays_as_it_is() {
    assert_eq!(normal(502, "<html>a=b</html>", " ").0, 502);
    assert_eq!(normal(503, r#"{"error":"invalid_grant"}"#, " ").0, 503);
}

fn response(status: u16, kind: &str, body: &str) -> HttpResponse {
    let answer = http::Response::builder().status(status).header(CONTENT_TYPE, kind);
    answer.body(body.as_bytes().to_vec()).expect("a response")
}

/// What the oauth2 crate alone makes of an answer: `Ok` with the scopes, or the error's word.
fn alone(answer: &HttpResponse) -> Result<Vec<String>, Option<String>> {
    let token_url = TokenUrl::new("https://network.example/token".to_owned()).expect("an address");
    let client = BasicClient::new(ClientId::new("app".to_owned())).set_token_uri(token_url);
    let request = client.exchange_code(AuthorizationCode::new("code".to_owned()));
    let read = request.request(&|_| Ok::<_, NoAnswer>(answer.clone()));
    read.map(|answer| tokens_scopes(&answer)).map_err(|error| match error {
        oauth2::RequestTokenError::ServerResponse(said) => Some(word(said.error())),
        _ => None,
    })
}

fn tokens_scopes(answer: &oauth2::basic::BasicTokenResponse) -> Vec<String> {
    use oauth2::TokenResponse;
    answer.scopes().into_iter().flatten().map(|scope| scope.to_string()).collect()
}

fn word(error: &BasicErrorResponseType) -> String {
    error.to_string()
}

/// What it makes of it with the layer in between, for a network of the binary.
fn through(network: &str, answer: &HttpResponse) -> Result<(String, Vec<String>), ExchangeError> {
    use secrecy::ExposeSecret;
    let all = load(None, None).expect("the definitions are right");
    let found = all.into_iter().find(|definition| definition.id.0 == network);
    let Definition { token, .. } = found.expect("it is in the binary");
    let token_url = TokenUrl::new("https://network.example/token".to_owned()).expect("an address");
    let client: CrateClient = oauth2::Client::new(ClientId::new("app".to_owned())).set_token_uri(token_url);
    let request = client.exchange_code(AuthorizationCode::new("code".to_owned()));
    let read = request.request(&|_| shaped(answer.clone(), &token.scope_separator, &token.answer));
    let read = read.map(tokens).map_err(|error| told(&error))?;
    Ok((read.access.expose_secret().to_owned(), read.scopes.unwrap_or_default()))
}

#[test]
fn what_the_crate_alone_refuses_works_through_the_layer() {
    let json = "application/json";
    for (network, status, kind, body, scopes, is_fine_alone) in [
        // One scope that is two.
        (
            "github",
            200,
            json,
            r#"{"access_token":"t","token_type":"bearer","scope":"repo,gist"}"#,
            &["repo", "gist"][..],
            true,
        ),
        (
            "github",
            200,
            "application/x-www-form-urlencoded",
            "access_token=t&token_type=bearer&scope=repo",
            &["repo"],
            false,
        ),
        (
            "twitch",
            200,
            json,
            r#"{"access_token":"t","token_type":"bearer","scope":["a:b","c:d"]}"#,
            &["a:b", "c:d"],
            false,
        ),
        ("x", 200, json, r#"{"access_token":"t","token_type":"bearer","expires_in":"7200"}"#, &[], false),
        ("instagram", 200, json, r#"{"data":[{"access_token":"t","user_id":1}]}"#, &[], false),
        ("instagram", 200, json, r#"{"access_token":"t","user_id":1,"permissions":"a,b"}"#, &["a", "b"], false),
        ("mailchimp", 200, json, r#"{"access_token":"t","expires_in":0,"scope":null}"#, &[], false),
        ("slack", 200, json, r#"{"ok":true,"access_token":"t","token_type":"bot","scope":"a,b"}"#, &["a", "b"], true),
        (
            "tumblr",
            200,
            json,
            r#"{"access_token":"t","token_type":"bearer","id_token":false,"scope":"basic write"}"#,
            &["basic", "write"],
            true,
        ),
        ("discord", 200, "text/javascript", r#"{"access_token":"t","token_type":"Bearer"}"#, &[], false),
        ("x", 201, json, r#"{"access_token":"t","token_type":"bearer"}"#, &[], false),
    ] {
        let answer = response(status, kind, body);
        assert_eq!(alone(&answer).is_ok(), is_fine_alone, "the crate alone: {body}");
        let (access, granted) = through(network, &answer).unwrap_or_else(|error| panic!("{network}: {error}: {body}"));
        assert_eq!(
            (access.as_str(), granted),
            ("t", scopes.iter().map(|scope| (*scope).to_owned()).collect()),
            "{body}"
        );
    }
}

#[test]
fn an_error_keeps_its_word_through_the_layer() {
    for (network, status, body, alone_says) in [
        ("github", 200, r#"{"error":"bad_verification_code"}"#, None),
        ("slack", 200, r#"{"ok":false,"error":"invalid_code"}"#, None),
        ("tiktok", 200, r#"{"error":"invalid_grant","error_description":"x","log_id":"1"}"#, None),
        ("facebook_pages", 400, r#"{"error":{"message":"x","type":"OAuthException","code":100}}"#, None),
        ("x", 400, r#"{"error":"invalid_request"}"#, Some("invalid_request")),
    ] {
        let answer = response(status, "application/json", body);
        assert_eq!(alone(&answer), Err(alone_says.map(str::to_owned)), "the crate alone: {body}");
        assert_eq!(through(network, &answer).err(), Some(ExchangeError::CodeRefused), "{network}: {body}");
    }
    // Without a word that anybody knows it is no refusal.
    let twitch = response(400, "application/json", r#"{"status":400,"message":"Invalid authorization code"}"#);
    assert_eq!(through("twitch", &twitch).err(), Some(ExchangeError::Odd));
}
