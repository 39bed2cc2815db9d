//! Which key may go and which may not, and servers that have not every key: each is told by name, and nothing is lost.

use std::net::SocketAddr;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{Shop, opens, seeded::workspace};
use crate::{
    domain::Status,
    server::{
        keeper,
        settings::Settings,
        vault::{Keys, VaultError},
    },
    tests::{postgres, world::settings},
};

async fn is_retired_when_nothing_needs_it(database: Option<String>) {
    let shop = Shop::on(database).await;
    let old = shop.keys().first().to_owned();
    let places = [workspace(&shop.world.app, 3).await, workspace(&shop.world.app, 2).await].concat();
    let new = shop.adds_a_key().await;
    let before = std::fs::read_to_string(shop.file()).expect("the key file");
    let listed = shop.says(&["keys", "list"]).await;
    assert!(
        listed.text.contains(&format!("{old}  seals what is new; wraps 2 data keys, which open 5 values")),
        "{listed:?}"
    );
    assert!(listed.text.contains(&format!("{new}  is not needed")), "{listed:?}");
    for line in std::fs::read_to_string(shop.file()).expect("the key file").lines() {
        let secret = line.split_once(':').expect("a line").1;
        assert!(!listed.text.contains(secret), "a key is never shown");
    }

    let first = shop.says(&["keys", "retire", &old]).await;
    assert!(!first.is_content && first.text.contains("seals what is new"), "{first:?}");
    Keys::put_first_in(&shop.file(), &new).expect("it can be written");
    let needed = shop.says(&["keys", "retire", &old]).await;
    assert!(!needed.is_content && needed.text.contains("2 data keys with 5 sealed values need it"), "{needed:?}");
    assert_eq!(shop.keys().ids().count(), 2, "and its line stays");
    let nobody = shop.says(&["keys", "retire", "k0"]).await;
    assert!(!nobody.is_content && nobody.text.contains("there is no vault key \"k0\""), "{nobody:?}");

    let said = shop.says(&["keys", "rotate"]).await;
    assert!(said.is_content && said.text.contains(&format!("2 data keys are wrapped by {new} now")), "{said:?}");
    assert!(said.text.contains(&format!("`greentick keys retire {old}`")), "{said:?}");
    assert!(shop.says(&["keys", "retire", &old]).await.is_content);
    assert_eq!(shop.keys().ids().collect::<Vec<_>>(), [new.as_str()]);
    let app = shop.process().await;
    for place in &places {
        app.vault.get(app.store.read(), *place).await.expect("it opens without the old key");
    }

    // It comes back from somebody's copy of the file, as the first line even.
    std::fs::write(shop.file(), before).expect("it can be written");
    let error = opens(&shop.settings()).await.err().expect("nothing may be sealed by it");
    assert!(error.contains(&format!("{old:?}")) && error.contains("was retired"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_retired_when_nothing_needs_it_and_not_before_on_sqlite() {
    is_retired_when_nothing_needs_it(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_retired_when_nothing_needs_it_and_not_before_on_postgres() {
    is_retired_when_nothing_needs_it(Some(postgres::new_database().await)).await;
}

/// Keys in a setting are what they were at start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_the_new_key_names_it_and_loses_nothing() {
    let shop = Shop::on(Some(postgres::new_database().await)).await;
    let owner = shop.world.owner("Harbour").await;
    let page = owner.has("Bondi", &["chirper"]).await[0];
    owner.connects(page, "ben").await;
    let old = std::fs::read_to_string(shop.file()).expect("the key file");
    let given = |keys: String| Settings { vault_keys: Some(keys.into()), vault_key_file: None, ..shop.settings() };
    let poor = opens(&given(old.clone())).await.expect("it has every key there is");
    let new = shop.adds_a_key().await;
    assert!(shop.says(&["keys", "rotate", &new]).await.is_content);
    let grant = shop.world.grant_of(page).await;
    let error = poor.vault.get(poor.store.read(), grant.access()).await.expect_err("it has not the key");
    assert!(!error.is_lost(), "nobody may forget a token for this");
    let text = error.to_string();
    assert!(text.contains(&format!("{new:?}")) && text.contains("the setting vault_keys"), "{text}");
    keeper::once(&poor).await;
    assert!(keeper::fresh_token(&poor, grant.id).await.is_err());
    assert_eq!(owner.sees(page).await, Status::Connected);
    let error = opens(&given(old.clone())).await.err().expect("a start without it is no start");
    assert!(error.contains(&format!("{new:?}")) && error.contains("not among the keys in the setting"), "{error}");
    assert!(error.contains("1 data key with 2 sealed values need it"), "{error}");
    // A new start has it, in whichever order.
    let file = std::fs::read_to_string(shop.file()).expect("the key file");
    let rich = opens(&given(format!("{old}{}", file.lines().next().expect("a line")))).await.expect("it opens");
    rich.vault.get(rich.store.read(), grant.access()).await.expect("it has the key");
    let lost = opens(&given(format!("{old}{new}:{}", BASE64_STANDARD.encode([9; 32])))).await;
    let error = lost.err().expect("another key of that name");
    assert!(error.contains(&format!("{new:?}")) && error.contains("not the one"), "{error}");
    assert!(error.contains("1 data key with 2 sealed values need it"), "{error}");
}

/// A key of the right name and other bytes, given before anything was wrapped by the right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_new_key_is_no_lost_token() {
    let shop = Shop::on(Some(postgres::new_database().await)).await;
    let place = workspace(&shop.world.app, 1).await[0];
    let new = shop.adds_a_key().await;
    let old = std::fs::read_to_string(shop.file()).expect("the key file");
    let wrong = format!("{}\n{new}:{}", old.lines().next().expect("a line"), BASE64_STANDARD.encode([9; 32]));
    let own = Settings { vault_keys: Some(wrong.into()), vault_key_file: None, ..shop.settings() };
    let app = opens(&own).await.expect("nothing is wrapped by it");
    assert!(shop.says(&["keys", "rotate", &new]).await.is_content);
    let error = app.vault.get(app.store.read(), place).await.expect_err("it is another key");
    assert!(matches!(error, VaultError::Keys(_)) && !error.is_lost(), "{error}");
    assert!(error.to_string().contains("not the one that sealed"), "{error}");
}

#[tokio::test]
async fn without_a_file_the_operator_is_told_what_to_write() {
    let shop = Shop::on(None).await;
    let place = workspace(&shop.world.app, 1).await[0];
    let file = std::fs::read_to_string(shop.file()).expect("the key file");
    shop.sets(&format!("vault_keys = {file:?}\n"));
    let said = shop.says(&["keys", "add"]).await;
    let line =
        said.text.lines().find(|line| line.len() > 44 && line.contains(':') && line.ends_with('=')).expect("a line");
    let (id, _) = line.split_once(':').expect("a key's line");
    assert!(said.is_content && said.text.contains("last one to the setting vault_keys"), "{said:?}");
    shop.sets(&format!("vault_keys = {:?}\n", format!("{file}{line}\n")));
    let said = shop.says(&["keys", "rotate", id]).await;
    assert!(!said.is_content && said.text.contains("is not the first one in the setting vault_keys"), "{said:?}");
    shop.sets(&format!("vault_keys = {:?}\n", format!("{line}\n{file}")));
    assert!(shop.says(&["keys", "rotate"]).await.is_content);
    let old = file.split(':').next().expect("an id");
    let said = shop.says(&["keys", "retire", old]).await;
    assert!(said.is_content && said.text.contains(&format!("Take the line that begins with {old}:")), "{said:?}");
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let own = settings(nowhere, shop.world.data.path(), &shop.world.sandbox, None);
    let app = opens(&Settings { vault_keys: Some(line.to_owned().into()), ..own }).await.expect("it opens");
    app.vault.get(app.store.read(), place).await.expect("by the new key alone");
}

#[tokio::test]
async fn a_command_makes_no_database() {
    let shop = Shop::on(None).await;
    let empty = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(shop.file(), empty.path().join("vault.key")).expect("a key file");
    let text = format!("data = {:?}\n", empty.path());
    std::fs::write(shop.world.data.path().join("greentick.toml"), text).expect("it can be written");
    let said = shop.says(&["keys", "list"]).await;
    assert!(
        !said.is_content && said.text.contains("there is no database") && said.text.contains("--settings"),
        "{said:?}"
    );
    assert_eq!(std::fs::read_dir(empty.path()).expect("the folder").count(), 1);
}
