//! What a typing mistake was probably meant to be.

/// Reads what serde says of a key that it does not know, and adds the known one that is most like it.
#[must_use]
pub fn with_nearest(message: &str) -> String {
    let message = message.trim_end();
    let words: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    let [wrong, known @ ..] = words.as_slice() else { return message.to_owned() };
    let is_unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(wrong, word), word)).min();
    match near.filter(|(distance, word)| is_unknown && *distance <= word.len() / 2) {
        Some((_, word)) => format!("{message}; did you mean `{word}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_key_is_named() {
        let said =
            |wrong: &str| with_nearest(&format!("unknown field `{wrong}`, expected one of `base_url`, `data`, `apps`"));
        assert!(said("base_ulr").ends_with("did you mean `base_url`?"), "{}", said("base_ulr"));
        assert!(said("dta").ends_with("did you mean `data`?"));
        assert!(!said("something_else").contains("did you mean"));
        assert_eq!(with_nearest("missing field `data`"), "missing field `data`");
    }
}
