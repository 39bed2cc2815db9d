//! Bluesky: an account at a server of its own, a server that lets people in, and the directory that knows of both. Played
//! from the AT Protocol's specifications of OAuth, of handles and of DIDs.

use serde_json::{Value, json};

use super::{
    Ask, Ours, Play,
    proofs::Book,
    scene::{Life, Refreshes, Reply, Scene},
    short::{X, pair, takes},
};
use crate::domain::{Reason, Returned};

pub const HANDLE: &str = "bondi.example";
pub const DID: &str = "did:plc:z72i7hdynmk6r22z27h6tvur";
const ISSUER: &str = "https://bsky.social";
const PDS: &str = "amanita.us-east.host.bsky.network";

const NAMED: &str = "GET dns/_atproto.bondi.example";
const DOCUMENT: &str = "GET plc.directory/did:plc:z72i7hdynmk6r22z27h6tvur";
const KEPT_BY: &str = "GET amanita.us-east.host.bsky.network/.well-known/oauth-protected-resource";
const METADATA: &str = "GET bsky.social/.well-known/oauth-authorization-server";
const PAR: &str = "POST bsky.social/oauth/par";
const TOKEN: &str = "POST bsky.social/oauth/token";
const REVOKE: &str = "POST bsky.social/oauth/revoke";
const SESSION: &str = "GET amanita.us-east.host.bsky.network/xrpc/com.atproto.server.getSession";

/// At an instance that the network can ask who it is.
pub const BLUESKY: Play = Play {
    id: "bluesky",
    typed: HANDLE,
    scopes: &["atproto", "transition:generic", "transition:email", "transition:chat.bsky"],
    ours: Ours::Document,
    authorize: "bsky.social/oauth/authorize",
    brings: &[("iss", ISSUER)],
    answers: bluesky,
    // Each server wants a nonce of its own in the proof, which it tells at the first try.
    connecting: &[NAMED, DOCUMENT, KEPT_BY, METADATA, PAR, PAR, TOKEN, DOCUMENT, KEPT_BY, SESSION, SESSION],
    // By then the nonces are others.
    checking: &[SESSION, SESSION],
    renewing: Some((&[TOKEN, TOKEN], 900)),
    account: ("did:plc:z72i7hdynmk6r22z27h6tvur@bsky.social", HANDLE),
    removed: Reason::Refused,
    returning: (&[REVOKE], Returned::Returned),
    ..X
};

/// At one on the person's own machine: an app without a key.
pub const BLUESKY_AT_HOME: Play = Play { ours: Ours::AtHome, ..BLUESKY };

fn document() -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"], "id": DID, "alsoKnownAs": [format!("at://{HANDLE}")],
        "verificationMethod": [{"id": format!("{DID}#atproto"), "type": "Multikey", "controller": DID, "publicKeyMultibase": "zQ3sh"}],
        "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": format!("https://{PDS}")}],
    })
}

fn metadata() -> Value {
    json!({
        "issuer": ISSUER, "authorization_endpoint": "https://bsky.social/oauth/authorize",
        "token_endpoint": "https://bsky.social/oauth/token", "revocation_endpoint": "https://bsky.social/oauth/revoke",
        "introspection_endpoint": "https://bsky.social/oauth/introspect",
        "pushed_authorization_request_endpoint": "https://bsky.social/oauth/par", "require_pushed_authorization_requests": true,
        "scopes_supported": ["atproto", "transition:email", "transition:generic", "transition:chat.bsky"],
        "subject_types_supported": ["public"], "response_types_supported": ["code"], "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"], "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["RS256", "ES256"], "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
        "client_id_metadata_document_supported": true, "protected_resources": [format!("https://{PDS}")],
    })
}

fn bluesky(scene: &mut Scene, ask: &Ask) -> Reply {
    match ask.what().as_str() {
        // Anybody may point a name at somebody else's account.
        NAMED | "GET dns/_atproto.evil.example" => Reply::json(200, json!([format!("did={DID}")])),
        DOCUMENT => Reply::json(200, document()),
        KEPT_BY => Reply::json(
            200,
            json!({"resource": format!("https://{PDS}"), "authorization_servers": [if scene.book.elsewhere { "https://evil.example" } else { ISSUER }]}),
        ),
        METADATA => Reply::json(200, metadata()),
        PAR | TOKEN | REVOKE => with_nonce(at_the_door(scene, ask), "bsky.social", scene.now),
        SESSION => with_nonce(session(scene, ask), PDS, scene.now),
        _ => Reply::nothing(ask),
    }
}

/// Every answer brings the nonce for the next request (RFC 9449, section 8.2).
fn with_nonce(reply: Reply, host: &str, now: u64) -> Reply {
    reply.with("dpop-nonce", Book::nonce(host, now))
}

/// What lets people in: each request from the app itself, and proved.
fn at_the_door(scene: &mut Scene, ask: &Ask) -> Reply {
    let now = scene.now;
    if !scene.book.states(ask, ISSUER, now) {
        return Reply::json(401, json!({"error": "invalid_client"}));
    }
    if ask.what() == REVOKE {
        if scene.knows(ask.form("token")) {
            scene.remove();
        }
        return Reply::json(200, json!({}));
    }
    let key = match scene.book.proves(ask, now, None) {
        Ok(key) => key,
        Err(reply) => return reply,
    };
    if ask.what() == PAR {
        return match scene.book.takes(ask, key) {
            Some(number) => Reply::json(201, json!({"request_uri": number, "expires_in": 299})),
            None => Reply::json(400, json!({"error": "invalid_request"})),
        };
    }
    // Who has another key has stolen what it shows.
    if key != scene.book.key {
        return Reply::json(
            400,
            json!({"error": "invalid_dpop_proof", "error_description": "Invalid DPoP key binding"}),
        );
    }
    if !takes(scene, ask, Refreshes::Rotating) {
        return Reply::json(400, json!({"error": "invalid_grant", "error_description": "Invalid refresh token"}));
    }
    let mut answer = pair(scene, 900, " ");
    (answer["token_type"], answer["sub"]) = ("DPoP".into(), scene.told.get("sub").map_or(DID, String::as_str).into());
    Reply::json(200, answer)
}

/// The account's own server.
fn session(scene: &mut Scene, ask: &Ask) -> Reply {
    let token = ask.shows("DPoP ").to_owned();
    let refused = |error: &str| {
        Reply::json(401, json!({"error": error, "message": "Invalid token"}))
            .with("www-authenticate", format!("DPoP algs=\"ES256\", error=\"{error}\""))
    };
    let now = scene.now;
    let key = match scene.book.proves(ask, now, Some(&token)) {
        Ok(key) => key,
        Err(reply) => return reply,
    };
    if key != scene.book.key || scene.life(&token) != Life::Works || !scene.has("atproto") {
        return refused("invalid_token");
    }
    Reply::json(200, json!({"handle": HANDLE, "did": DID, "didDoc": document(), "active": true}))
}
