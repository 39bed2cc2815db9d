use std::collections::HashSet;

use oauth2::url::Url;
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    domain::NetworkAppId,
    server::{
        networks::{
            Ask, Definition, DefinitionError, NetworkApp, authorize_url,
            load::{no_shared_issuer, parse},
        },
        settings::AppCredentials,
    },
};

const FILE: &str = "x.toml";

/// Reads `input` as the definition file `x.toml`, with a sandbox on `localhost`.
///
/// # Panics
/// When an error does not name the file and a line of it, or when what was read is not the same the second time, cannot
/// be used, or shares an issuer unnoticed.
pub fn network_definition(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let text = text.replace("{sandbox}", "http://localhost:8411");
    let (once, twice) = (parse(FILE, &text), parse(FILE, &text));
    assert_eq!(format!("{once:?}"), format!("{twice:?}"), "read twice");
    match once {
        Err(error) => names_its_place(&error, &text),
        Ok(definition) => {
            is_usable(&definition);
            asks_once_for_each(definition.clone());
            let other = Definition { issuer: definition.issuer.clone() + "/", ..definition.clone() };
            assert!(no_shared_issuer(&[definition.clone(), other.clone()]).is_ok());
            let mut twin = definition.clone();
            twin.token.url.push('/');
            let many = definition.instance.is_some();
            let shared = no_shared_issuer(&[definition, other, twin]);
            assert_eq!(matches!(shared, Err(DefinitionError::SameIssuer { .. })), !many);
        }
    }
}

fn names_its_place(error: &DefinitionError, text: &str) {
    let told = error.to_string();
    assert!(told.contains(FILE), "{told}");
    if let DefinitionError::Named { id, .. } = error {
        assert!(id != "x" && told.contains(&format!("{id:?}")), "{told}");
        return;
    }
    assert!(matches!(error, DefinitionError::Wrong { cause, .. } if !cause.is_empty()), "{told}");
    let number = told.split("at line ").nth(1).and_then(|rest| rest.split(',').next());
    let line: usize = number.and_then(|number| number.parse().ok()).expect("a line");
    assert!((1..=text.split('\n').count()).contains(&line), "{told}");
}

fn is_usable(definition: &Definition) {
    assert_eq!(definition.id.0, "x");
    assert!(!definition.name.is_empty() && !definition.issuer.is_empty());
    assert!(!definition.authorize.scope_separator.is_empty() && !definition.token.scope_separator.is_empty());
    assert!(definition.refusals.iter().all(|rule| rule.status.is_some() || rule.path.is_some()));
    assert!(definition.check_every().as_secs() >= 1);
    let addresses = [
        Some(&definition.authorize.url),
        Some(&definition.token.url),
        Some(&definition.person.ask.url),
        definition.manage_url.as_ref(),
        definition.pages.as_ref().map(|pages| &pages.ask.url),
        definition.granted.as_ref().map(|granted| &granted.ask.url),
        definition.revoke.as_ref().map(|revoke| &revoke.ask.url),
    ];
    for address in addresses.into_iter().flatten() {
        let url = Url::parse(&address.replace(['{', '}'], "")).expect("an address");
        let host = url.host_str().expect("a host");
        let is_here = ["localhost", "[::1]"].contains(&host) || host.starts_with("127.");
        assert!(url.scheme() == "https" || url.scheme() == "http" && is_here, "{address}");
        assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none(), "{address}");
    }
}

/// A parameter that is there twice leaves the choice to the network.
fn asks_once_for_each(definition: Definition) {
    let asks_for_pkce = definition.authorize.pkce;
    let params = definition.authorize.params.clone();
    let client_secret = SecretString::from("secret");
    let own = AppCredentials { client_id: "app".to_owned(), client_secret, hook_secret: None };
    let app = NetworkApp::new(NetworkAppId(Uuid::nil()), definition, own);
    let ask = Ask { redirect_uri: "https://green.example/oauth/callback/x", state: "state", ..Ask::default() };
    let asked = authorize_url(&app, &ask).expect("an address");
    let url = Url::parse(&asked.url).expect("an address");
    let pairs: Vec<_> = url.query_pairs().collect();
    let all =
        |name: &str| pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value).collect::<Vec<_>>();
    let renamed = app.definition.renamed.clone();
    // Whoever renames two to one name has only himself to blame.
    if !renamed.is_empty() {
        return;
    }
    assert_eq!(all("response_type"), ["code"]);
    assert_eq!(all("state"), ["state"]);
    assert_eq!(all("client_id"), ["app"]);
    assert_eq!(all("redirect_uri"), ["https://green.example/oauth/callback/x"]);
    // Without a scope there is no parameter.
    let scopes = asked.scopes.join(&app.definition.authorize.scope_separator);
    assert_eq!(all("scope"), [scopes].iter().filter(|scopes| !scopes.is_empty()).collect::<Vec<_>>());
    assert_eq!(all("code_challenge").len(), usize::from(asks_for_pkce));
    assert_eq!(asked.verifier.is_some(), asks_for_pkce);
    assert_eq!(asked.scopes.iter().collect::<HashSet<_>>().len(), asked.scopes.len(), "no scope twice");
    assert!(params.iter().all(|(name, value)| all(name).contains(&value.as_str())));
    let again = authorize_url(&app, &Ask { choose_account: true, ..ask }).expect("an address");
    let url = Url::parse(&again.url).expect("an address");
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name).collect();
    // What stands in the definition's address stands there as it is.
    let own = Url::parse(&app.definition.authorize.url).expect("an address").query_pairs().count();
    assert!(names.iter().collect::<HashSet<_>>().len() + own >= names.len(), "a parameter is there twice");
}
