//! `LinkedIn`, `GitHub`, `GitLab`, Mailchimp.

use serde_json::{Value, json};

use super::{
    Ask, Ours, Pkce, Play,
    scene::{Life, Refreshes, Reply, Scene},
};
use crate::domain::{Reason, Returned};

const A_YEAR: u64 = 31_536_000;

const LINKEDIN_TOKEN: &str = "POST www.linkedin.com/oauth/v2/accessToken";
const INTROSPECT: &str = "POST www.linkedin.com/oauth/v2/introspectToken";
const LINKEDIN_WHO: &str = "GET api.linkedin.com/v2/userinfo";
const ROLES: &str = "GET api.linkedin.com/rest/organizationAcls";
const ORGANISATION: &str = "GET api.linkedin.com/rest/organizations/5005";
const SECOND: &str = "GET api.linkedin.com/rest/organizations/5006";

pub const LINKEDIN: Play = Play {
    typed: "",
    ours: Ours::InSettings,
    back: |_| {},
    id: "linkedin",
    scopes: &[
        "openid",
        "profile",
        "w_member_social",
        "r_organization_social",
        "w_organization_social",
        "rw_organization_admin",
    ],
    authorize: "www.linkedin.com/oauth/v2/authorization",
    client_id: "client_id",
    separator: ' ',
    pkce: Pkce::Off,
    needs: &[],
    brings: &[],
    junk: None,
    answers: linkedin,
    // A hundred rows, and one more.
    connecting: &[LINKEDIN_TOKEN, LINKEDIN_WHO, INTROSPECT, ROLES, ROLES, ORGANISATION, SECOND],
    checking: &[LINKEDIN_WHO, INTROSPECT, ROLES, ROLES, ORGANISATION, SECOND],
    renewing: Some((&[LINKEDIN_TOKEN], 5_184_000)),
    account: ("5005", "Bondi Bakery"),
    removed: Reason::Removed,
    // The call is documented nowhere; that the token is dead afterwards is what counts.
    returning: (&["POST www.linkedin.com/oauth/v2/revoke", LINKEDIN_WHO], Returned::Returned),
};

pub const LINKEDIN_PROFILE: Play = Play {
    id: "linkedin_profile",
    connecting: &[LINKEDIN_TOKEN, LINKEDIN_WHO, INTROSPECT],
    checking: &[LINKEDIN_WHO, INTROSPECT],
    account: ("yrZ", "Ada"),
    ..LINKEDIN
};

fn linkedin(scene: &mut Scene, ask: &Ask) -> Reply {
    let has_proof = ask.has_body_proof("client_id");
    match ask.what().as_str() {
        LINKEDIN_TOKEN if !has_proof => Reply::json(401, json!({"error": "invalid_client"})),
        LINKEDIN_TOKEN => {
            let is_first = ask.form("grant_type") == "authorization_code";
            let is_good = if is_first { scene.takes_code(ask) } else { scene.takes_refresh(ask, Refreshes::Stable) };
            if !is_good {
                let words = "The provided authorization grant or refresh token is invalid, expired or revoked";
                return Reply::json(400, json!({"error": "invalid_request", "error_description": words}));
            }
            // A refresh answers the same refresh token and what is left of its year.
            let left = A_YEAR.saturating_sub(scene.now);
            let mut answer = json!({"access_token": scene.access(Some(5_184_000)), "expires_in": 5_184_000, "scope": scene.scopes(","), "refresh_token_expires_in": left});
            answer["refresh_token"] =
                if is_first { scene.refresh() } else { ask.form("refresh_token").to_owned() }.into();
            Reply::json(200, answer)
        }
        INTROSPECT if has_proof => {
            let is_active = scene.life(ask.form("token")) == Life::Works;
            Reply::json(200, json!({"active": is_active, "status": "active", "scope": scene.scopes(",")}))
        }
        "POST www.linkedin.com/oauth/v2/revoke" if has_proof && scene.gives_back(ask.form("token")) => {
            Reply::empty(200)
        }
        LINKEDIN_WHO => linkedin_token(scene, ask, || json!({"sub": "yrZ", "name": "Ada"})),
        ROLES | ORGANISATION | SECOND
            if ask.header("linkedin-version").len() != 6 || ask.header("x-restli-protocol-version") != "2.0.0" =>
        {
            Reply::json(400, json!({"status": 400, "message": "A version must be present."}))
        }
        ROLES => {
            assert_eq!((ask.query("q"), ask.query("state")), ("roleAssignee", "APPROVED"));
            let number = |name: &str, or: usize| ask.query(name).parse().unwrap_or(or);
            // Ten at a time, unless it is told how many; a member may have a row for each role.
            let (start, count) = (number("start", 0), number("count", 10));
            let of = |at: usize| if at < 100 { 5005 } else { 5006 };
            let row = |at: usize| json!({"role": "ADMINISTRATOR", "state": "APPROVED", "organization": format!("urn:li:organization:{}", of(at))});
            let rows: Vec<_> = (start..101.min(start + count)).map(row).collect();
            linkedin_token(
                scene,
                ask,
                || json!({"elements": rows, "paging": {"start": start, "count": count, "links": []}}),
            )
        }
        ORGANISATION => {
            linkedin_token(scene, ask, || json!({"id": 5005, "localizedName": "Bondi Bakery", "vanityName": "bondi"}))
        }
        SECOND => {
            linkedin_token(scene, ask, || json!({"id": 5006, "localizedName": "Coogee Cafe", "vanityName": "coogee"}))
        }
        _ => Reply::nothing(ask),
    }
}

fn linkedin_token(scene: &Scene, ask: &Ask, answer: impl FnOnce() -> Value) -> Reply {
    let message = match scene.life(ask.shows("Bearer ")) {
        Life::Works => return Reply::json(200, answer()),
        Life::Removed => "The token used in the request has been revoked by the user",
        Life::Expired => "Expired access token",
        Life::Unknown => "Invalid access token",
    };
    Reply::json(401, json!({"status": 401, "serviceErrorCode": 65_601, "message": message}))
}

const GITHUB_TOKEN: &str = "POST github.com/login/oauth/access_token";

pub const GITHUB: Play = Play {
    id: "github",
    scopes: &["read:user", "public_repo"],
    authorize: "github.com/login/oauth/authorize",
    pkce: Pkce::Taken,
    answers: github,
    connecting: &[GITHUB_TOKEN, "GET api.github.com/user"],
    checking: &["GET api.github.com/user"],
    renewing: Some((&[GITHUB_TOKEN], 28_800)),
    account: ("583231", "bondi"),
    removed: Reason::Refused,
    returning: (&["DELETE api.github.com/applications/greentick-app/grant"], Returned::Returned),
    ..LINKEDIN
};

/// Errors are answers of 200; without `Accept` everything is a form.
fn github(scene: &mut Scene, ask: &Ask) -> Reply {
    if ask.header("user-agent").is_empty() {
        return Reply::empty(403);
    }
    match ask.what().as_str() {
        GITHUB_TOKEN if !ask.header("accept").contains("json") => Reply {
            body: "error=not_acceptable_here".to_owned(),
            kind: "application/x-www-form-urlencoded",
            ..Reply::empty(200)
        },
        GITHUB_TOKEN if !ask.has_body_proof("client_id") => {
            Reply::json(200, json!({"error": "incorrect_client_credentials"}))
        }
        GITHUB_TOKEN => {
            let is_first = ask.form("grant_type") == "authorization_code";
            let is_good = if is_first { scene.takes_code(ask) } else { scene.takes_refresh(ask, Refreshes::Rotating) };
            if !is_good {
                let error = if is_first { "bad_verification_code" } else { "bad_refresh_token" };
                return Reply::json(200, json!({"error": error}));
            }
            Reply::json(
                200,
                json!({"access_token": scene.access(Some(28_800)), "expires_in": 28_800, "refresh_token": scene.refresh(), "refresh_token_expires_in": 15_897_600, "scope": scene.scopes(","), "token_type": "bearer"}),
            )
        }
        "GET api.github.com/user" if scene.life(ask.shows("Bearer ")) == Life::Works => {
            Reply::json(200, json!({"id": 583_231, "login": "bondi", "name": null}))
        }
        "GET api.github.com/user" => Reply::json(401, json!({"message": "Bad credentials"})),
        "DELETE api.github.com/applications/greentick-app/grant" if ask.has_basic() => {
            assert_eq!(ask.header("content-type"), "application/json");
            Reply::empty(if scene.gives_back(ask.form("access_token")) { 204 } else { 404 })
        }
        _ => Reply::nothing(ask),
    }
}

const GITLAB_TOKEN: &str = "POST gitlab.com/oauth/token";
const GROUPS: &str = "GET gitlab.com/api/v4/groups";

pub const GITLAB: Play = Play {
    id: "gitlab",
    scopes: &["read_user", "api"],
    typed: "gitlab.com",
    authorize: "gitlab.com/oauth/authorize",
    pkce: Pkce::Taken,
    answers: gitlab,
    connecting: &[GITLAB_TOKEN, "GET gitlab.com/api/v4/user", GROUPS, GROUPS],
    checking: &["GET gitlab.com/api/v4/user", GROUPS, GROUPS],
    renewing: Some((&[GITLAB_TOKEN], 7_200)),
    account: ("21", "Bondi / Web"),
    removed: Reason::Refused,
    returning: (&["POST gitlab.com/oauth/revoke"], Returned::Returned),
    ..LINKEDIN
};

/// A refresh wants the redirect address again, and ends the old access token too. Lists go on by the header `Link`.
fn gitlab(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        GITLAB_TOKEN => {
            let is_first = ask.form("grant_type") == "authorization_code";
            if !ask.has_basic() && !ask.has_body_proof("client_id") {
                return Reply::json(401, json!({"error": "invalid_client"}));
            }
            let is_whole = !ask.form("redirect_uri").is_empty();
            let is_good = if is_first { scene.takes_code(ask) } else { scene.takes_refresh(ask, Refreshes::Rotating) };
            if !is_whole || !is_good {
                return Reply::json(400, json!({"error": "invalid_grant"}));
            }
            scene.ends_access();
            Reply::json(200, json!({"access_token": scene.access(Some(7_200)), "token_type": "Bearer", "expires_in": 7_200, "refresh_token": scene.refresh(), "scope": scene.scopes(" "), "created_at": 1_607_635_748}))
        }
        "GET gitlab.com/api/v4/user" => plain(scene, ask, json!({"id": 1, "username": "ada", "name": "Ada"})),
        GROUPS if ask.query("page") == "2" => plain(scene, ask, json!([{"id": 22, "full_name": "Coogee"}])),
        GROUPS => plain(scene, ask, json!([{"id": 21, "full_name": "Bondi / Web"}])).with(
            "link",
            "<https://gitlab.com/api/v4/groups?page=1>; rel=\"first\", <https://gitlab.com/api/v4/groups?page=2>; rel=\"next\"".to_owned(),
        ),
        "POST gitlab.com/oauth/revoke" if ask.has_body_proof("client_id") && scene.gives_back(ask.form("token")) => {
            Reply::json(200, json!({}))
        }
        _ => Reply::nothing(ask),
    }
}

fn plain(scene: &Scene, ask: &Ask, answer: Value) -> Reply {
    match scene.life(ask.shows("Bearer ")) {
        Life::Works => Reply::json(200, answer),
        _ => Reply::json(401, json!({"error": "invalid_token"})),
    }
}

const METADATA: &str = "GET login.mailchimp.com/oauth2/metadata";

pub const MAILCHIMP: Play = Play {
    id: "mailchimp",
    scopes: &[],
    authorize: "login.mailchimp.com/oauth2/authorize",
    answers: mailchimp,
    connecting: &[
        "POST login.mailchimp.com/oauth2/token",
        METADATA,
        "GET us7.api.mailchimp.com/3.0/",
        "GET us7.api.mailchimp.com/3.0/lists",
    ],
    checking: &["GET us7.api.mailchimp.com/3.0/", "GET us7.api.mailchimp.com/3.0/lists"],
    renewing: None,
    account: ("a1", "Regulars"),
    removed: Reason::Refused,
    returning: (&[], Returned::ByHand),
    ..LINKEDIN
};

/// No scopes and no end; the data centre stands in a second answer, which is a 200 even for a dead token.
fn mailchimp(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        "POST login.mailchimp.com/oauth2/token" if ask.has_body_proof("client_id") && scene.takes_code(ask) => {
            Reply::json(200, json!({"access_token": scene.access(None), "expires_in": 0, "scope": null}))
        }
        METADATA if scene.life(ask.shows("OAuth ")) == Life::Works => {
            Reply::json(200, json!({"dc": "us7", "accountname": "Harbour", "login": {"login_id": 1}}))
        }
        METADATA => Reply::json(200, json!({"error": "invalid_token"})),
        "GET us7.api.mailchimp.com/3.0/" => plain(scene, ask, json!({"account_id": "acc", "account_name": "Harbour"})),
        "GET us7.api.mailchimp.com/3.0/lists" => {
            plain(scene, ask, json!({"lists": [{"id": "a1", "name": "Regulars"}]}))
        }
        _ => Reply::nothing(ask),
    }
}
