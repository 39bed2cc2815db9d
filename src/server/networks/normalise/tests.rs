use oauth2::{
    AuthorizationCode, ClientId, HttpResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType},
};

use super::*;
use crate::server::networks::{
    ExchangeError, NoAnswer,
    definition::{Definition, Says, Shape},
    exchange::{CrateClient, TokenAnswer, shaped, tokens, told},
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
    let behind_it = response(400, "application/json", "{\"error\":\"invalid_grant\"}<p>and a page</p>");
    assert_eq!(alone(&behind_it), Err(Some("invalid_grant".to_owned())), "the crate alone");
    assert_eq!(through("x", &behind_it).err(), Some(ExchangeError::Odd));
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
    let repo = response(200, json, r#"{"access_token":"t","token_type":"bearer","scope":"repo,gist"}"#);
    assert_eq!(alone(&repo), Ok(vec!["repo,gist".to_owned()]), "one scope that is two");
    for (network, status, kind, body, scopes, is_fine_alone) in [
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

#[test]
fn a_token_in_an_envelope_is_found_by_what_a_definition_says() {
    use secrecy::ExposeSecret;
    let slack = r#"{"ok":true,"authed_user":{"id":"U1","access_token":"t","token_type":"user","scope":"a,b"},"team":{"id":"T1"}}"#;
    let of_slack = Shape {
        ok: Some(Says { path: "ok".to_owned(), is: vec!["true".to_owned()], absent: false }),
        access_token: Some("authed_user.access_token".to_owned()),
        scope: Some("authed_user.scope".to_owned()),
        keep: [("team".to_owned(), "team.id".to_owned())].into(),
        ..Shape::default()
    };
    let tiktok = r#"{"code":0,"message":"OK","data":{"access_token":"t","scope":["a","b"],"team":"T1"}}"#;
    let of_tiktok = Shape {
        inside: Some("data".to_owned()),
        ok: Some(Says { path: "code".to_owned(), is: vec!["0".to_owned()], absent: false }),
        keep: [("team".to_owned(), "data.team".to_owned())].into(),
        ..Shape::default()
    };
    for (body, shape) in [(slack, &of_slack), (tiktok, &of_tiktok)] {
        let answer = response(200, "application/json", body);
        assert_eq!(alone(&answer), Err(None), "the crate alone: {body}");
        let read = request().request(&|_| shaped(answer.clone(), ",", shape)).map(tokens).expect("tokens");
        assert_eq!((read.access.expose_secret(), read.scopes), ("t", Some(vec!["a".to_owned(), "b".to_owned()])));
        assert_eq!(read.kept.get("team").map(String::as_str), Some("T1"));
    }
    for (body, shape) in [
        (r#"{"ok":false,"authed_user":{"access_token":"t"}}"#, &of_slack),
        (r#"{"code":40105,"message":"no","data":{"access_token":"t"}}"#, &of_tiktok),
    ] {
        let answer = response(200, "application/json", body);
        let read = request().request(&|_| shaped(answer.clone(), ",", shape));
        assert!(matches!(read, Err(oauth2::RequestTokenError::ServerResponse(_))), "{body}");
    }
}

fn request() -> oauth2::CodeTokenRequest<'static, BasicErrorResponse, TokenAnswer> {
    static CLIENT: std::sync::LazyLock<CrateClient> = std::sync::LazyLock::new(|| {
        let token_url = TokenUrl::new("https://network.example/token".to_owned()).expect("an address");
        oauth2::Client::new(ClientId::new("app".to_owned())).set_token_uri(token_url)
    });
    CLIENT.exchange_code(AuthorizationCode::new("code".to_owned()))
}

#[test]
fn the_crate_alone_takes_a_revocation_without_a_word_for_an_error() {
    use oauth2::{AccessToken, RevocationUrl, StandardRevocableToken};
    let revocation_url = RevocationUrl::new("https://network.example/revoke".to_owned()).expect("an address");
    let client = BasicClient::new(ClientId::new("app".to_owned())).set_revocation_url(revocation_url);
    let told = |status: u16| {
        let token = StandardRevocableToken::from(AccessToken::new("t".to_owned()));
        let request = client.revoke_token(token).expect("https");
        request.request(&|_| Ok::<_, NoAnswer>(response(status, "application/json", ""))).is_ok()
    };
    // Reddit and GitHub answer 204: revocations are sent and judged by the definition instead.
    assert_eq!((told(200), told(204)), (true, false));
}

#[test]
fn basic_is_form_encoded_first_by_the_crate_and_by_us() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let token_url = TokenUrl::new("https://network.example/token".to_owned()).expect("an address");
    let client = BasicClient::new(ClientId::new("an app".to_owned()))
        .set_client_secret(oauth2::ClientSecret::new("a:b&c%".to_owned()))
        .set_token_uri(token_url);
    let shown = std::cell::RefCell::new(String::new());
    let _ = client.exchange_code(AuthorizationCode::new("code".to_owned())).request(&|request: oauth2::HttpRequest| {
        let header = request.headers().get("authorization").expect("it proves itself").to_str().expect("ASCII");
        header.clone_into(&mut shown.borrow_mut());
        Err(NoAnswer::Unreachable)
    });
    assert_eq!(*shown.borrow(), format!("Basic {}", BASE64_STANDARD.encode("an+app:a%3Ab%26c%25")));
}

#[test]
fn a_second_pair_of_tokens_is_told_apart_and_alone_it_is_the_first() {
    use secrecy::ExposeSecret;
    let slack = load(None, None).expect("the definitions are right");
    let slack = slack.iter().find(|known| known.id.0 == "slack").expect("it is in the binary");
    let read = |body: &str| {
        let answer = response(200, "application/json", body);
        request().request(&|_| shaped(answer.clone(), ",", &slack.token.answer)).map(tokens)
    };
    let bot = r#""access_token":"b","refresh_token":"br","scope":"x,y","expires_in":43200"#;
    let own = r#""id":"U1","access_token":"u","refresh_token":"ur","scope":"a,b","expires_in":"600""#;
    let both = read(&format!(r#"{{"ok":true,{bot},"authed_user":{{{own}}}}}"#)).expect("tokens");
    assert_eq!((both.access.expose_secret(), both.scopes.map(|all| all.len())), ("b", Some(2)));
    let second = both.second.expect("it came along");
    let refresh = second.refresh.as_ref().map(|token| token.expose_secret().to_owned());
    assert_eq!((second.person_id.as_str(), second.access.expose_secret(), refresh.as_deref()), ("U1", "u", Some("ur")));
    assert_eq!(
        (second.lives, second.scopes),
        (Some(std::time::Duration::from_mins(10)), Some(vec!["a".into(), "b".into()]))
    );
    let alone = read(&format!(r#"{{"ok":true,"authed_user":{{{own}}}}}"#)).expect("tokens");
    assert_eq!((alone.access.expose_secret(), alone.second.is_none()), ("u", true));
    assert_eq!(alone.refresh.expect("its own").expose_secret(), "ur");
    for none in
        [r#""id":"U1""#, r#""id":"U1","access_token":"""#, r#""id":"U1","access_token":7"#, r#""access_token":"u""#]
    {
        let read = read(&format!(r#"{{"ok":true,{bot},"authed_user":{{{none}}}}}"#)).expect("the bot's tokens");
        assert!(read.second.is_none() && read.access.expose_secret() == "b", "{none}");
    }
    assert!(read(r#"{"ok":false,"error":"invalid_code","authed_user":{"id":"U1","access_token":"u"}}"#).is_err());
}
