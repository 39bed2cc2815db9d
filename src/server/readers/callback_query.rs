use std::collections::HashSet;

use oauth2::url::form_urlencoded;
use secrecy::ExposeSecret;

use crate::server::{connect::Callback, http::connect::read};

const APP: &str = "01234567-89ab-4def-8123-456789abcdef";
/// As O-24 has it.
const LIMIT: usize = 8 * 1024;

/// Reads `input` as a callback's query.
///
/// # Panics
/// When a query is accepted that O-24 refuses, or refused though a network may send it; when a field is not what the query
/// says; when writing down what was accepted and reading that gives something else.
pub fn callback_query(input: &[u8]) {
    let Ok(query) = std::str::from_utf8(input) else { return };
    assert!(read("no app's id", query).is_none());
    let callback = read(APP, query);
    let Some(callback) = callback else {
        // Letters beyond these are none of a network's (RFC 6749, appendix A), so refusing them is no harm.
        let is_plain =
            form_urlencoded::parse(input).all(|(_, value)| value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        assert!(!is_plain || !is_one(query), "a good callback is refused");
        return;
    };
    assert!(is_one(query), "what is no callback is accepted");
    assert_eq!(callback.network_app.to_string(), APP);
    let fields = fields_of(&callback);
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert!(fields.iter().all(|field| pairs.contains(field)));

    let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    // Escapes are longer than what they stand for.
    if written.len() <= LIMIT {
        let again = read(APP, &written).expect("what was accepted is accepted again");
        assert_eq!(fields_of(&again), fields);
    }
}

/// Whether it is a callback by O-24.
fn is_one(query: &str) -> bool {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let names: HashSet<_> = pairs.iter().map(|(name, _)| name).collect();
    let is = |name: &str| names.iter().any(|known| **known == name);
    let is_filled = |name: &str| pairs.iter().any(|(known, value)| known == name && !value.is_empty());
    let is_answer = is_filled("code") && !is("error") || is_filled("error") && !is("code");
    query.len() <= LIMIT && names.len() == pairs.len() && is_filled("state") && is_answer
}

fn fields_of(callback: &Callback) -> Vec<(String, String)> {
    let answer = match &callback.answer {
        Ok(code) => ("code", code.expose_secret()),
        Err(error) => ("error", error.as_str()),
    };
    let fields = [Some(answer), Some(("state", &callback.state)), callback.iss.as_deref().map(|iss| ("iss", iss))];
    fields.into_iter().flatten().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
