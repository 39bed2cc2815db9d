use axum::http::HeaderValue;
use oauth2::url::form_urlencoded;

use crate::server::http::resume::resume;

/// Where nothing else is said.
const NEWEST: i64 = 500;

/// Reads `input` as what a reader of the stream says: in the first line the workspace's newest number, in the second the
/// query, in each further line a `Last-Event-ID`.
///
/// # Panics
/// When the reader goes on from a number that was not given or that it did not say, or takes a new board without need.
pub fn last_event_id(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let text = |line: Option<&[u8]>| line.map(|line| String::from_utf8_lossy(line).into_owned()).unwrap_or_default();
    let newest = text(lines.next()).parse().ok().filter(|newest: &i64| *newest >= 0).unwrap_or(NEWEST);
    let query = text(lines.next());
    let headers: Vec<_> = lines.filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();

    let goes_on = resume(&headers, &query, newest);
    match said(&headers, &query).as_slice() {
        [] => assert_eq!(goes_on, Some(newest), "who says nothing hears what comes from now on"),
        [one] => assert_eq!(goes_on, one.filter(|number| (0..=newest).contains(number)), "a number that was given"),
        _ => assert_eq!(goes_on, None, "who says two things is not understood"),
    }
}

/// All that is said, as numbers where it is digits; a header goes before the query.
fn said(headers: &[HeaderValue], query: &str) -> Vec<Option<i64>> {
    let headers: Vec<_> = headers.iter().filter(|header| !header.is_empty()).collect();
    if headers.is_empty() {
        let fields = form_urlencoded::parse(query.as_bytes());
        return fields.filter(|(name, _)| name == "after").map(|(_, text)| number(text.as_bytes())).collect();
    }
    headers.into_iter().map(|header| number(header.as_bytes())).collect()
}

fn number(digits: &[u8]) -> Option<i64> {
    let add = |sum: i64, digit: &u8| match digit {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(i64::from(digit - b'0')),
        _ => None,
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, add) }
}
