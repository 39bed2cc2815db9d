//! The networks' lists of apps, all on one page: here a person removes a permission behind our back.

use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use super::{
    Sandbox, clients,
    html::{self, escaped},
    ledger::{Ended, Ledger},
    networks::{NETWORKS, Network},
    people::{PEOPLE, Person},
    way_back::see_other,
};

/// Which part of the list to show.
#[derive(Deserialize)]
pub(super) struct Filter {
    network: Option<String>,
    person: Option<String>,
}

/// Which permission to remove.
#[derive(Deserialize)]
pub(super) struct Removal {
    network: String,
    person: String,
    client_id: String,
}

/// `GET /apps`.
pub(super) async fn list(State(sandbox): State<Sandbox>, Query(filter): Query<Filter>) -> Response {
    let sections = sandbox.book(|ledger| {
        ledger.settle();
        let networks = NETWORKS.iter().filter(|network| filter.network.as_ref().is_none_or(|id| id == network.id));
        networks.map(|network| network_section(ledger, network, filter.person.as_deref())).collect::<String>()
    });
    let nothing = "<p>No app has a permission here.</p>".to_owned();
    let list = if sections.is_empty() { nothing } else { sections };
    html::page(None, "Apps with access", &format!("<h1>Apps with access</h1>{list}"))
}

/// `POST /apps/remove`: the grants of this person to this app end, and so does the memory of their yes.
pub(super) async fn remove(State(sandbox): State<Sandbox>, Form(removal): Form<Removal>) -> Response {
    let (network, person) = (Network::called(&removal.network), Person::called(&removal.person));
    let (Some(network), Some(person)) = (network, person) else {
        return html::mistake(None, "There is no such network or person.");
    };
    sandbox.book(|ledger| ledger.end_all(network, person.id, Some(&removal.client_id), Ended::Removed));
    see_other(&format!("/apps?network={}&person={}", network.id, person.id))
}

fn network_section(ledger: &Ledger, network: &Network, only: Option<&str>) -> String {
    let people = PEOPLE.iter().filter(|person| only.is_none_or(|id| id == person.id));
    let people: String = people.map(|person| person_section(ledger, network, person)).collect();
    if people.is_empty() {
        return people;
    }
    format!("<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{1}</h2>{people}</section>", network.id, network.name)
}

fn person_section(ledger: &Ledger, network: &Network, person: &Person) -> String {
    let theirs = ledger.living().filter(|grant| grant.network == network.id && grant.person == person.id);
    let mut clients: Vec<_> = theirs.map(|grant| grant.client_id.as_str()).collect();
    clients.sort_unstable();
    clients.dedup();
    if clients.is_empty() {
        return String::new();
    }
    let apps: String = clients.into_iter().map(|client_id| app_row(network, person, client_id)).collect();
    format!("<h3>{}</h3>{apps}", person.name)
}

fn app_row(network: &Network, person: &Person, client_id: &str) -> String {
    let app = clients::display_name(client_id);
    let label = escaped(&format!("Remove {app} from {}'s {}", person.name, network.name));
    let hidden: String = [("network", network.id), ("person", person.id), ("client_id", client_id)]
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
        .concat();
    format!(
        "<form class=\"app\" method=\"post\" action=\"/apps/remove\">{hidden}<span>{}</span>\
         <button aria-label=\"{label}\">Remove</button></form>",
        escaped(app)
    )
}
