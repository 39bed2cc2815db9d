//! A definition in words, for the operator who sets it up.

use std::fmt::{self, Write as _};

use super::{Definition, Renews, definition::Checked};
use crate::domain::Demand;

/// What stands in the place of what people type.
const MANY: &str = "many; people type one, for which instance.example stands here";

/// One line of a list: the id, the name, and what is not certain.
#[must_use]
pub fn line(definition: &Definition) -> String {
    let Checked { once, never, .. } = &definition.checked;
    let doubt = match (once.len(), never.len()) {
        (0, 0) => String::new(),
        (once, never) => format!("{once} from one source, {never} unverified"),
    };
    format!("{:<26}{:<26}{doubt}", definition.id.0, definition.name).trim_end().to_owned()
}

/// All that an operator wants to know before the first try. `origin` is where people find this instance.
#[must_use]
pub fn page(definition: &Definition, origin: &str) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = write(&mut text, definition, origin);
    text.trim_end().to_owned()
}

fn write(text: &mut String, definition: &Definition, origin: &str) -> fmt::Result {
    let Definition { id, name, authorize, token, lifetime, checked, .. } = definition;
    writeln!(text, "{name} ({id})\n")?;
    let facts = [
        ("addresses", definition.instance.as_ref().map(|_| MANY.to_owned())),
        ("issuer", Some(definition.issuer.clone())),
        ("asks at", Some(authorize.url.clone())),
        ("tokens from", Some(token.url.clone())),
        ("pushed to", authorize.pushed_to().map(str::to_owned)),
        ("PKCE", Some(if authorize.pkce { "S256" } else { "no" }.to_owned())),
        ("scopes", Some(definition.scopes().join(" ")).filter(|scopes| !scopes.is_empty())),
        ("tokens", definition.binds_tokens().then(|| "bound to a key of each permission".to_owned())),
        ("sent back to", Some(format!("{origin}/oauth/callback/…, an address that the app gets when it is entered"))),
        ("", Some(demands(&definition.redirect))),
        ("renewed", Some(renewed(lifetime.renewal).to_owned())),
        ("given back", Some(if definition.revoke.is_some() { "by a call" } else { "by hand" }.to_owned())),
        ("list of apps", definition.manage_url.clone()),
        ("", definition.manage_hint.clone()),
        ("tells us at", definition.inbound.as_ref().map(|_| format!("{origin}/hooks/…, with the same end"))),
        ("checked every", Some(format!("{} s", definition.check_every().as_secs()))),
        ("read more", definition.docs.clone()),
    ];
    for (label, fact) in facts {
        if let Some(fact) = fact {
            writeln!(text, "{label:<14}{fact}")?;
        }
    }
    for (ability, scopes) in &definition.abilities {
        writeln!(text, "{:<14}{ability:?}: {}", "ability", scopes.join(" "))?;
    }
    if !definition.notes.is_empty() {
        writeln!(text, "\nKnow before:")?;
    }
    for note in &definition.notes {
        writeln!(text, "- {note}")?;
    }
    doubts(text, checked)
}

/// What the network wants the redirect address to be.
fn demands(demands: &[Demand]) -> String {
    let said = demands.iter().map(|demand| match demand {
        Demand::Https => "it must be https",
        Demand::NoLocalhost => "on loopback it must say 127.0.0.1, not localhost",
    });
    ["register it there to the letter"].into_iter().chain(said).collect::<Vec<_>>().join("; ")
}

fn renewed(renewal: Renews) -> &'static str {
    match renewal {
        Renews::RefreshToken => "by a refresh token, where there is one",
        Renews::Extend => "by showing the token while it lives",
        Renews::Never => "never",
    }
}

/// What to try first when something does not work.
fn doubts(text: &mut String, checked: &Checked) -> fmt::Result {
    if checked.on.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nChecked on {} ({}).", checked.on, checked.at)?;
    for (label, fields) in [("From one source only:", &checked.once), ("Not verified; try first:", &checked.never)] {
        if !fields.is_empty() {
            writeln!(text, "{label} {}.", fields.join(", "))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::networks::load;

    #[test]
    fn an_operator_sees_what_to_try_first() {
        let all = load(None, None).expect("the definitions are right");
        let slack = all.iter().find(|definition| definition.id.0 == "slack").expect("it is in the binary");
        assert!(
            line(slack).starts_with("slack ") && line(slack).ends_with("8 from one source, 4 unverified"),
            "{}",
            line(slack)
        );
        let page = page(slack, "https://green.example");
        for part in [
            "asks at       https://slack.com/oauth/v2/authorize",
            "scopes        channels:read",
            "sent back to  https://green.example/oauth/callback/…",
            "register it there to the letter; it must be https",
            "tells us at   https://green.example/hooks/…",
            "Know before:\n- Token rotation",
            "Publish: chat:write",
            "Checked on 2026-",
            "Not verified; try first: pages",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let doubtful = all.iter().filter(|definition| definition.checked.on.is_empty()).count();
        assert_eq!(doubtful, 0, "each real network says how well it was checked");
    }
}
