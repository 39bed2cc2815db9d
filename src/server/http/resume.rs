//! Where a reader of the event stream goes on.

use axum::http::HeaderValue;
use oauth2::url::form_urlencoded;

/// The number after which a reader goes on: what its `Last-Event-ID` says, else `after` in the query, else the newest.
/// `None` when that is not one number that was given: what the reader knows is unknown, so it must take a new board.
pub(in crate::server) fn resume<'a>(
    ids: impl IntoIterator<Item = &'a HeaderValue>,
    query: &str,
    newest: i64,
) -> Option<i64> {
    // An unreadable header is no number either.
    let ids = ids.into_iter().map(|id| id.to_str().unwrap_or("?").to_owned());
    let mut said: Vec<String> = ids.filter(|id| !id.is_empty()).collect();
    if said.is_empty() {
        let fields = form_urlencoded::parse(query.as_bytes());
        said = fields.filter(|(name, _)| name == "after").map(|(_, after)| after.into_owned()).collect();
    }
    match said.as_slice() {
        [] => Some(newest),
        [number] => given(number, newest),
        _ => None,
    }
}

fn given(text: &str, newest: i64) -> Option<i64> {
    let is_number = text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(ids: &[&'static str], query: &str) -> Option<i64> {
        let ids: Vec<_> = ids.iter().map(|id| HeaderValue::from_static(id)).collect();
        resume(&ids, query, 7)
    }

    #[test]
    fn a_reader_goes_on_where_it_says() {
        for (ids, query, goes_on) in [
            (&["5"][..], "", 5),
            (&["5"], "after=3", 5),
            (&[""], "after=3", 3),
            (&[], "after=3", 3),
            (&[], "x=1&after=0&y", 0),
            (&[], "after=%37", 7),
            (&[], "", 7),
            (&[], "before=3", 7),
        ] {
            assert_eq!(after(ids, query), Some(goes_on), "{ids:?} {query}");
        }
    }

    #[test]
    fn who_says_no_number_that_was_given_takes_a_new_board() {
        for (ids, query) in [
            (&["-1"][..], "after=3"),
            (&["8"], ""),
            (&["9223372036854775808"], ""),
            (&["99999999999999999999999999"], ""),
            (&["+5"], ""),
            (&["5.0"], ""),
            (&["0x5"], ""),
            (&["five"], "after=3"),
            (&["5", "5"], ""),
            (&["5", "6"], "after=3"),
            (&["5, 6"], ""),
            (&[], "after=8"),
            (&[], "after=-1"),
            (&[], "after=nonsense"),
            (&[], "after="),
            (&[], "after"),
            (&[], "after=3&after=4"),
        ] {
            assert_eq!(after(ids, query), None, "{ids:?} {query}");
        }
        let latin = HeaderValue::from_bytes(b"5\xff").expect("a header may hold it");
        assert_eq!(resume([&latin], "after=3", 7), None);
    }
}
