use serde_json::json;

use super::*;
use crate::{
    domain::NetworkAppId,
    server::{
        networks::{Held, NetworkApp, Proofs, load, refresh},
        settings::AppCredentials,
    },
};

const DEAD: Verdict = Verdict::Dead(Reason::Refused);

fn definition(network: &str) -> Definition {
    let all = load(None, Some("http://localhost:1")).expect("built-in definitions are right");
    all.into_iter().find(|definition| definition.id.0 == network).expect("it is built in")
}

fn judged(network: &str, status: u16, json: Value) -> Verdict {
    let answer = Ok(Answer { status, retry_after: None, next: None, json, refused: None });
    let definition = definition(network);
    Verdict::of_call(&definition, &answer, definition.person.ask.ok.as_ref())
}

/// What the refusal of a refresh token means.
async fn refused(network: &str, status: u16, body: &str) -> Verdict {
    let (client_id, client_secret) = ("app".to_owned(), "secret".to_owned().into());
    let own = AppCredentials { client_id, client_secret, hook_secret: None };
    let app = NetworkApp::new(NetworkAppId(uuid::Uuid::nil()), definition(network), own);
    let held = Held { refresh: Some("rt".to_owned().into()), ..Held::default() };
    let answer = http::Response::builder().status(status).header("content-type", "application/json");
    let answer = answer.body(body.as_bytes().to_vec()).expect("a response");
    let send = move |_| std::future::ready(Ok(answer.clone()));
    refresh(send, &Proofs::default(), &app, &held).await.err().expect("it is refused").verdict
}

#[test]
fn only_a_definite_refusal_is_death() {
    for (network, status, json, verdict) in [
        ("chirper", 200, json!({"id": "ada"}), Verdict::Alive),
        ("chirper", 401, json!({"reason": "app_removed"}), Verdict::Dead(Reason::Removed)),
        ("chirper", 401, json!({"reason": "password_changed"}), Verdict::Dead(Reason::PasswordChanged)),
        ("chirper", 401, json!({"error": "invalid_token"}), DEAD),
        ("chirper", 401, json!(null), Verdict::NoAnswer),
        ("chirper", 503, json!({"error": "invalid_token"}), Verdict::NoAnswer),
        ("chirper", 200, json!(null), Verdict::NoAnswer),
        ("chirper", 429, json!({}), Verdict::SlowDown(PAUSE)),
        ("chirper", 302, json!({}), Verdict::NoAnswer),
        ("pagebook", 400, json!({"error": {"code": 190, "error_subcode": 458}}), Verdict::Dead(Reason::Removed)),
        (
            "pagebook",
            400,
            json!({"error": {"code": 190, "error_subcode": 460}}),
            Verdict::Dead(Reason::PasswordChanged),
        ),
        ("pagebook", 400, json!({"error": {"code": 2}}), Verdict::NoAnswer),
    ] {
        assert_eq!(judged(network, status, json.clone()), verdict, "{network} {status} {json}");
    }
    assert_eq!(Verdict::of(&definition("chirper"), &Err(NoAnswer::Lost)), Verdict::NoAnswer);
}

/// An error of Meta's.
fn meta(code: u32, subcode: Option<u32>) -> Value {
    match subcode {
        Some(subcode) => json!({"error": {"code": code, "error_subcode": subcode}}),
        None => json!({"error": {"code": code}}),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_network_has_its_own_words_for_each_class() {
    let slack = |error: &str| json!({"ok": false, "error": error});
    let tiktok = |code: &str| json!({"data": {}, "error": {"code": code}});
    let google = |status: &str| json!({"error": {"status": status}});
    let reason = |reason: &str| json!({"error": {"errors": [{"reason": reason}]}});
    for (network, status, json, verdict) in [
        // Dead: ask the person to reconnect.
        ("facebook_pages", 400, meta(190, None), DEAD),
        ("facebook_pages", 400, meta(102, None), DEAD),
        ("facebook_pages", 400, meta(190, Some(458)), Verdict::Dead(Reason::Removed)),
        ("facebook_pages", 400, meta(190, Some(460)), Verdict::Dead(Reason::PasswordChanged)),
        ("facebook_pages", 400, meta(190, Some(463)), Verdict::Dead(Reason::Expired)),
        ("facebook_pages", 400, meta(190, Some(467)), DEAD),
        ("instagram", 400, meta(190, None), DEAD),
        ("threads", 400, meta(190, None), DEAD),
        (
            "linkedin",
            401,
            json!({"message": "The token used in the request has been revoked by the user"}),
            Verdict::Dead(Reason::Removed),
        ),
        ("linkedin", 401, json!({"message": "Expired access token"}), Verdict::Dead(Reason::Expired)),
        ("x", 401, json!({"title": "Unauthorized"}), DEAD),
        ("google_business_profile", 401, google("UNAUTHENTICATED"), DEAD),
        ("tiktok", 401, tiktok("access_token_invalid"), DEAD),
        ("slack", 200, slack("token_revoked"), Verdict::Dead(Reason::Removed)),
        ("slack", 200, slack("token_expired"), Verdict::Dead(Reason::Expired)),
        ("slack", 200, slack("invalid_auth"), DEAD),
        ("slack", 200, slack("account_inactive"), Verdict::Dead(Reason::Removed)),
        ("slack", 200, slack("not_authed"), DEAD),
        ("pinterest", 401, json!({"code": 2, "message": "Authentication failed."}), DEAD),
        ("reddit", 401, json!({"message": "Unauthorized", "error": 401}), DEAD),
        ("discord", 401, json!({"message": "401: Unauthorized", "code": 0}), DEAD),
        ("github", 401, json!({"message": "Bad credentials"}), DEAD),
        ("gitlab", 401, json!({"error": "invalid_token"}), DEAD),
        ("tumblr", 401, json!({"meta": {"status": 401, "msg": "Unauthorized"}, "response": []}), DEAD),
        ("wordpress_com", 401, json!({"error": "invalid_token"}), DEAD),
        ("mailchimp", 401, json!({"status": 401, "title": "API Key Invalid"}), DEAD),
        ("snapchat_login", 401, json!({"errors": []}), DEAD),
        ("snapchat_marketing", 401, json!({"request_status": "ERROR"}), DEAD),
        ("twitch", 401, json!({"status": 401, "message": "invalid access token"}), DEAD),
        ("mailchimp", 200, json!({"error": "invalid_token"}), DEAD),
        // The person must act there; reconnecting does not help.
        ("facebook_pages", 400, meta(190, Some(459)), Verdict::PersonMustAct),
        ("facebook_pages", 400, meta(190, Some(464)), Verdict::PersonMustAct),
        ("facebook_pages", 400, meta(368, None), Verdict::PersonMustAct),
        // A permission is lost: offer the consent again.
        ("facebook_pages", 400, meta(10, None), Verdict::LostAbility),
        ("facebook_pages", 400, meta(200, None), Verdict::LostAbility),
        ("facebook_pages", 400, meta(299, None), Verdict::LostAbility),
        ("tiktok", 401, tiktok("scope_not_authorized"), Verdict::LostAbility),
        ("youtube", 403, reason("insufficientPermissions"), Verdict::LostAbility),
        ("slack", 200, slack("missing_scope"), Verdict::LostAbility),
        // The page is lost, and its person is fine.
        ("facebook_pages", 400, meta(190, Some(492)), Verdict::LostPage),
        ("youtube", 401, reason("youtubeSignupRequired"), Verdict::LostPage),
        // Of an account's locations; of the scope it says more.
        ("google_business_profile", 403, google("PERMISSION_DENIED"), Verdict::LostPage),
        ("google_business_profile", 403, reason("insufficientPermissions"), Verdict::LostAbility),
        (
            "google_business_profile",
            403,
            json!({"error": {"status": "PERMISSION_DENIED", "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}),
            Verdict::LostAbility,
        ),
        // Their trouble, or ours: never a death.
        ("facebook_pages", 500, meta(190, None), Verdict::NoAnswer),
        ("facebook_pages", 400, meta(1, None), Verdict::NoAnswer),
        ("facebook_pages", 400, meta(2, None), Verdict::NoAnswer),
        ("facebook_pages", 400, meta(4, None), Verdict::SlowDown(PAUSE)),
        ("facebook_pages", 400, meta(17, None), Verdict::SlowDown(PAUSE)),
        ("facebook_pages", 400, meta(341, None), Verdict::SlowDown(PAUSE)),
        ("facebook_pages", 400, meta(300, None), Verdict::NoAnswer),
        ("youtube", 403, reason("quotaExceeded"), Verdict::SlowDown(PAUSE)),
        ("slack", 200, slack("ratelimited"), Verdict::SlowDown(PAUSE)),
        ("slack", 200, slack("internal_error"), Verdict::NoAnswer),
        ("tiktok", 200, tiktok("internal_error"), Verdict::NoAnswer),
        ("x", 401, json!(null), Verdict::NoAnswer),
        ("x", 429, json!({}), Verdict::SlowDown(PAUSE)),
        ("x", 503, json!({"title": "Unauthorized"}), Verdict::NoAnswer),
        ("reddit", 403, json!({"message": "Forbidden"}), Verdict::NoAnswer),
    ] {
        assert_eq!(judged(network, status, json.clone()), verdict, "{network} {status} {json}");
    }
}

#[tokio::test]
async fn a_refresh_token_dies_under_many_names() {
    let x = r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#;
    let linkedin = r#"{"error":"invalid_request","error_description":"The provided authorization grant or refresh token is invalid, expired or revoked"}"#;
    let plain = r#"{"error":"invalid_request","error_description":"A parameter is missing"}"#;
    for (network, status, body, verdict) in [
        ("google_business_profile", 400, r#"{"error":"invalid_grant"}"#, DEAD),
        ("x", 400, x, DEAD),
        ("x", 400, r#"{"error":"invalid_grant"}"#, DEAD),
        ("linkedin", 400, linkedin, DEAD),
        ("github", 200, r#"{"error":"bad_refresh_token"}"#, DEAD),
        ("slack", 200, r#"{"ok":false,"error":"invalid_refresh_token"}"#, DEAD),
        ("twitch", 400, r#"{"status":400,"message":"Invalid refresh token"}"#, DEAD),
        ("pinterest", 401, r#"{"code":2,"message":"no"}"#, DEAD),
        ("pinterest", 400, r#"{"code":283,"message":"Your refresh token is invalid."}"#, DEAD),
        ("pinterest", 400, r#"{"code":1,"message":"Missing a parameter"}"#, Verdict::NoAnswer),
        ("reddit", 400, r#"{"error":"invalid_grant"}"#, DEAD),
        ("discord", 400, r#"{"error":"invalid_grant"}"#, DEAD),
        ("gitlab", 400, r#"{"error":"invalid_grant"}"#, DEAD),
        ("snapchat_login", 400, r#"{"error":"invalid_grant"}"#, DEAD),
        ("tumblr", 401, r#"{"error":"invalid_grant"}"#, DEAD),
        ("slack", 400, r#"{"error":"invalid_grant"}"#, DEAD),
        ("tiktok", 200, r#"{"error":"invalid_grant","log_id":"1"}"#, DEAD),
        ("x", 400, plain, Verdict::OurAppIsWrong),
        ("linkedin", 400, plain, Verdict::OurAppIsWrong),
        ("pinterest", 401, r#"{"error":"invalid_client"}"#, Verdict::OurAppIsWrong),
        ("x", 401, r#"{"error":"unauthorized_client"}"#, Verdict::OurAppIsWrong),
        ("discord", 401, r#"{"error":"invalid_client"}"#, Verdict::OurAppIsWrong),
        ("github", 200, r#"{"error":"incorrect_client_credentials"}"#, Verdict::OurAppIsWrong),
        ("twitch", 403, r#"{"status":403,"message":"invalid client secret"}"#, Verdict::OurAppIsWrong),
        ("twitch", 400, r#"{"status":400,"message":"missing something"}"#, Verdict::NoAnswer),
        ("x", 503, r#"{"error":"invalid_grant"}"#, Verdict::NoAnswer),
        ("pinterest", 401, "<html>please log in</html>", Verdict::NoAnswer),
        ("x", 200, "<html>a=b</html>", Verdict::NoAnswer),
        ("x", 429, r#"{"title":"Too Many Requests"}"#, Verdict::SlowDown(PAUSE)),
    ] {
        assert_eq!(refused(network, status, body).await, verdict, "{network} {status} {body}");
    }
}
