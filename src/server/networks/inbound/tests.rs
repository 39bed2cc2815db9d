use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::HeaderMap;
use ring::{
    digest::{SHA256, digest},
    hmac::{HMAC_SHA256, Key, sign},
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::json;

use super::*;
use crate::{
    domain::NetworkAppId,
    server::{
        networks::{Patience, load},
        settings::AppCredentials,
    },
};

const NOW: Moment = Moment(1_795_305_600_000);
const SECOND: &str = "1795305600";
const SECRET: &str = "s3cret";

fn app(inbound: Inbound) -> NetworkApp {
    let all = load(None, Some("http://localhost:1")).expect("built-in definitions are right");
    let mut definition = all.into_iter().next().expect("there is one");
    definition.inbound = Some(inbound);
    let id = NetworkAppId(uuid::Uuid::nil());
    let hook_secret =
        (definition.inbound == Some(Inbound::Discord)).then(|| hex_of(ed25519(SECRET).public_key().as_ref()).into());
    let own = AppCredentials { client_id: "app".to_owned(), client_secret: SECRET.to_owned().into(), hook_secret };
    NetworkApp::new(id, definition, own)
}

fn ed25519(secret: &str) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(digest(&SHA256, secret.as_bytes()).as_ref()).expect("a key")
}

fn mac(secret: &str, text: &str) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, secret.as_bytes()), text.as_bytes()).as_ref().to_vec()
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

type Sent = (Inbound, Vec<(&'static str, String)>, String);

/// One message of each kind, signed by `secret` at `second`.
#[expect(clippy::too_many_lines, reason = "a table")]
fn sent(secret: &str, second: &str) -> Vec<Sent> {
    let hex_mac = |text: String| hex_of(&mac(secret, &text));
    let payload = json!({ "user_id": "42", "algorithm": "HMAC-SHA256", "issued_at": second.parse::<i64>().ok() });
    let payload = BASE64_URL_SAFE_NO_PAD.encode(payload.to_string());
    let signed = format!("signed_request={}.{payload}", BASE64_URL_SAFE_NO_PAD.encode(mac(secret, &payload)));
    let tiktok = json!({ "event": "authorization.removed", "user_openid": "42" }).to_string();
    let twitch =
        json!({ "subscription": { "type": "user.authorization.revoke" }, "event": { "user_id": "42" } }).to_string();
    let slack =
        json!({ "type": "event_callback", "event": { "type": "tokens_revoked", "tokens": { "oauth": ["42"] } } });
    let (slack, github) = (slack.to_string(), json!({ "action": "revoked", "sender": { "id": 42 } }).to_string());
    let discord =
        json!({ "type": 1, "event": { "type": "APPLICATION_DEAUTHORIZED", "data": { "user": { "id": "42" } } } });
    let discord = discord.to_string();
    let time = Moment(second.parse::<i64>().unwrap_or(0) * 1_000).to_string();
    vec![
        (Inbound::SignedRequest, vec![], signed),
        (
            Inbound::Tiktok,
            vec![("tiktok-signature", format!("t={second},s={}", hex_mac(format!("{second}.{tiktok}"))))],
            tiktok,
        ),
        (
            Inbound::Twitch,
            vec![
                ("twitch-eventsub-message-id", "7".to_owned()),
                ("twitch-eventsub-message-timestamp", time.clone()),
                ("twitch-eventsub-message-type", "notification".to_owned()),
                ("twitch-eventsub-message-signature", format!("sha256={}", hex_mac(format!("7{time}{twitch}")))),
            ],
            twitch,
        ),
        (
            Inbound::Slack,
            vec![
                ("x-slack-request-timestamp", second.to_owned()),
                ("x-slack-signature", format!("v0={}", hex_mac(format!("v0:{second}:{slack}")))),
            ],
            slack,
        ),
        (
            Inbound::Shopify,
            vec![
                ("x-shopify-topic", "app/uninstalled".to_owned()),
                ("x-shopify-hmac-sha256", BASE64_STANDARD.encode(mac(secret, "{}"))),
            ],
            "{}".to_owned(),
        ),
        (
            Inbound::Github,
            vec![
                ("x-github-event", "github_app_authorization".to_owned()),
                ("x-hub-signature-256", format!("sha256={}", hex_mac(github.clone()))),
            ],
            github,
        ),
        (
            Inbound::Discord,
            vec![
                ("x-signature-timestamp", second.to_owned()),
                ("x-signature-ed25519", hex_of(ed25519(secret).sign(format!("{second}{discord}").as_bytes()).as_ref())),
            ],
            discord,
        ),
    ]
}

async fn heard((inbound, headers, body): &Sent) -> Option<Message> {
    let client = NetworkClient::new(Patience::default(), &[]).expect("a client");
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.insert(*name, value.parse().expect("a header"));
    }
    read(&client, &app(inbound.clone()), (&all, body.as_bytes()), NOW).await
}

#[tokio::test]
async fn each_networks_message_is_read_and_about_its_person() {
    for message in sent(SECRET, SECOND) {
        let heard = heard(&message).await.unwrap_or_else(|| panic!("{:?} is not believed", message.0));
        let people =
            if message.0 == Inbound::Shopify { People::Everybody } else { People::These(vec!["42".to_owned()]) };
        assert_eq!((heard.people, heard.reason), (people, Some(Reason::Removed)), "{:?}", message.0);
    }
}

#[tokio::test]
async fn a_message_by_another_secret_is_not_believed() {
    for message in sent("another", SECOND) {
        assert_eq!(heard(&message).await, None, "{:?}", message.0);
    }
}

#[tokio::test]
async fn an_altered_message_is_not_believed() {
    for (inbound, headers, body) in sent(SECRET, SECOND) {
        for at in 0..body.len() {
            let mut altered = body.clone().into_bytes();
            altered[at] ^= 1;
            let altered = String::from_utf8(altered).expect("ASCII stays ASCII");
            let message = heard(&(inbound.clone(), headers.clone(), altered)).await;
            assert!(message.is_none(), "{inbound:?}, byte {at}");
        }
        assert_eq!(
            heard(&(inbound.clone(), vec![], body.clone())).await.is_some(),
            inbound == Inbound::SignedRequest,
            "{inbound:?}"
        );
    }
}

#[tokio::test]
async fn what_says_when_it_was_sent_is_believed_for_ten_minutes() {
    for second in ["1795304000", "1795307200"] {
        for message in sent(SECRET, second) {
            let has_time = !matches!(message.0, Inbound::Shopify | Inbound::Github);
            assert_eq!(heard(&message).await.is_none(), has_time, "{:?}", message.0);
        }
    }
}

#[tokio::test]
async fn a_network_that_asks_whether_somebody_listens_hears_its_own_words() {
    let body = json!({ "type": "url_verification", "challenge": "words" }).to_string();
    let signature = format!("v0={}", hex_of(&mac(SECRET, &format!("v0:{SECOND}:{body}"))));
    let headers = vec![("x-slack-request-timestamp", SECOND.to_owned()), ("x-slack-signature", signature)];
    let heard = heard(&(Inbound::Slack, headers, body)).await.expect("it is believed");
    assert_eq!((heard.people, heard.reply), (People::Nobody, Reply::Echo("words".to_owned())));
}

#[tokio::test]
async fn discord_asks_whether_somebody_listens_and_whether_they_look() {
    let body = json!({ "type": 0, "application_id": "1" }).to_string();
    let by = |secret: &str| hex_of(ed25519(secret).sign(format!("{SECOND}{body}").as_bytes()).as_ref());
    let sent = |signature: String| {
        (
            Inbound::Discord,
            vec![("x-signature-timestamp", SECOND.to_owned()), ("x-signature-ed25519", signature)],
            body.clone(),
        )
    };
    let heard_well = heard(&sent(by(SECRET))).await.expect("it is believed");
    assert_eq!((heard_well.people, heard_well.reply), (People::Nobody, Reply::Nothing));
    for wrong in [by("another"), String::new(), "zz".to_owned()] {
        assert_eq!(heard(&sent(wrong)).await, None);
    }
}
