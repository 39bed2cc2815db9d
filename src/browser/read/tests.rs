use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

use super::read;
use crate::domain::{
    Ability, Account, Actor, ApiError, CatchUp, Connection, Event, EventKind, Field, Link, LocationId, Moment,
    NetworkId, PageId, PageView, Reason,
};

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).expect("ours can be written");
    assert_eq!(read::<T>(&text).as_ref(), Some(value), "{text}");
    let spaced = serde_json::to_string_pretty(value).expect("ours can be written");
    assert_eq!(read::<T>(&spaced).as_ref(), Some(value), "{spaced}");
}

#[test]
fn what_serde_json_writes_is_read() {
    let connection = Connection {
        account: Some(Account { id: "1".into(), name: "Café \"Übermut\" \\ \n\t\u{1} 🦘".into() }),
        linked_by: String::new(),
        linked_at: Moment(-1),
        missing: vec![Ability::Publish, Ability::Reply],
        must_act_at: Some(Moment(1_795_305_599_000)),
        must_log_in: true,
    };
    let page = PageView {
        id: "01234567-89ab-4def-8123-456789abcdef".parse::<PageId>().expect("an id"),
        location: "11234567-89ab-4def-8123-456789abcdef".parse::<LocationId>().expect("an id"),
        network: NetworkId("facebook".into()),
        link: Link::Broken(connection, Reason::Removed),
    };
    let event =
        |kind, page| Event { seq: 7, at: Moment(0), kind, actor: Actor::Person("Ada".into()), page, network: None };
    comes_back(&CatchUp::Snapshot);
    comes_back(&CatchUp::Events(vec![
        event(EventKind::Broken { reason: Reason::Removed }, Some(page)),
        event(EventKind::Broken { reason: Reason::AnswerLost { at: Moment(7) } }, None),
        Event { actor: Actor::Keeper, ..event(EventKind::Connected, None) },
    ]));
    comes_back(&[Ok(()), Err(ApiError::NotFound), Err(ApiError::BadInput(Field::Email))]);
    comes_back(&(true, None::<u32>, Some(5_u32), Vec::<i64>::new()));
}

#[test]
fn characters_may_be_escaped() {
    assert_eq!(read::<String>(r#""\u00e9\ud83e\udd98\/""#).as_deref(), Some("é🦘/"));
}

#[test]
fn what_is_new_to_us_is_ignored() {
    assert_eq!(
        read::<Account>(r#"{"id":"1","is":[1.5e3,{"new":null}],"name":"One"}"#).map(|one| one.name).as_deref(),
        Some("One")
    );
}

#[test]
fn what_is_not_ours_is_none() {
    for text in
        ["", "{", "[1,]", "[1 2]", r#"{"id":"1"}"#, r#"{"id":1,"name":"One"}"#, r#""\ud83e""#, r#""\u00"#, "nul"]
    {
        assert_eq!(read::<Account>(text), None, "{text}");
        assert_eq!(read::<Vec<i64>>(text), None, "{text}");
        assert_eq!(read::<String>(text), None, "{text}");
    }
    assert_eq!(read::<i64>("1 1"), None);
}
