//! Whether somebody is at home at an address, and what time it is there. Nothing is asked for, nothing is shown.

use http::header::{DATE, USER_AGENT};
use oauth2::url::Url;
use tokio::net::lookup_host;

use super::{Door, NetworkClient, NoAnswer, client::USER_AGENT as OURS};
use crate::domain::Moment;

/// What a knock came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knock {
    /// The host's name leads nowhere.
    NoSuchHost,
    /// It takes no connection, or no TLS that is to be trusted.
    Unreachable,
    /// It took the connection and said nothing in time.
    Silent,
    /// It answered; whatever the answer is. Its clock says this, where it says so.
    Answers(Option<Moment>),
}

/// Knocks at the host of `url`: at its root, without any of the address's own path.
pub async fn knock(client: &NetworkClient, url: &Url) -> Knock {
    let place = (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default().unwrap_or_default());
    if !lookup_host(place).await.is_ok_and(|mut found| found.next().is_some()) {
        return Knock::NoSuchHost;
    }
    let root = format!("{}/", url.origin().ascii_serialization());
    let Ok(request) = http::Request::get(root).header(USER_AGENT, OURS).body(vec![]) else {
        return Knock::Unreachable;
    };
    match client.send(Door::Known, request).await {
        Ok(answer) => Knock::Answers(answer.headers().get(DATE).and_then(|date| told(date.to_str().ok()?))),
        Err(NoAnswer::TooLarge) => Knock::Answers(None),
        Err(NoAnswer::Unreachable | NoAnswer::BadAddress) => Knock::Unreachable,
        Err(_) => Knock::Silent,
    }
}

fn told(date: &str) -> Option<Moment> {
    let since = httpdate::parse_http_date(date).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Moment(i64::try_from(since.as_millis()).ok()?))
}
