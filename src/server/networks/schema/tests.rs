use std::{collections::BTreeMap, path::Path};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use super::{super::load::parse, schema};
use crate::domain::{Ability, Demand};

fn networks() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("networks")
}

/// The schema, ready to be asked.
fn compiled() -> (Schemas, SchemaIndex) {
    let mut compiler = Compiler::new();
    let schema = serde_json::from_str(&schema()).expect("it is JSON");
    compiler.add_resource("schema.json", schema).expect("it is a resource");
    let mut schemas = Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).expect("it is a schema");
    (schemas, index)
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).expect("it is TOML")).expect("all of TOML here is JSON")
}

/// The definitions in the binary, by file.
fn definitions() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(networks()).expect("the folder").map(|entry| entry.expect("an entry").path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).expect("a file"))).collect()
}

/// The example of `docs/networks.md`.
fn example() -> String {
    let docs = std::fs::read_to_string(networks().with_file_name("docs/networks.md")).expect("the docs");
    let example = docs.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    example.expect("an example").to_owned()
}

#[test]
fn the_schema_in_the_repository_is_the_one_of_the_types() {
    let file = networks().join("schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&file, schema()).expect("it can be written");
    }
    let is_renewed = std::fs::read_to_string(&file).is_ok_and(|text| text == schema());
    assert!(is_renewed, "networks/schema.json is out of date: UPDATE_SCHEMA=1 cargo test networks::schema renews it");
}

#[test]
fn every_definition_and_the_example_of_the_docs_fit_the_schema() {
    let (schemas, index) = compiled();
    let mut all = definitions();
    assert!(all.len() > 20, "there are {} definitions", all.len());
    all.insert("the example".to_owned(), example());
    for (file, text) in all {
        if let Err(error) = schemas.validate(&as_json(&text), index) {
            panic!("{file}: {error:#}");
        }
    }
}

#[test]
fn the_example_of_the_docs_is_a_right_definition() {
    let definition = parse("example.toml", &example()).expect("the docs are right");
    assert_eq!(definition.name, "Example");
}

#[test]
fn what_is_no_definition_does_not_fit_the_schema() {
    let (schemas, index) = compiled();
    let good = example();
    let fits = |text: &str| schemas.validate(&as_json(text), index).is_ok();
    assert!(fits(&good));
    for (right, wrong) in [
        ("id = \"example\"", ""),
        ("issuer = ", "isuer = "),
        ("name = \"Example\"", "name = \"\""),
        ("https://example.com/oauth/token\"", "http://example.com/oauth/token\""),
        ("auth = \"basic\"", "auth = \"bassic\""),
        ("access = 7200", "access = \"7200\""),
        ("publish = ", "published = "),
        ("status = 401\n", ""),
        ("means = \"refused\"", "means = \"dead\""),
        ("auth = \"app\", params", "auth = \"app\", parms"),
        ("more = { cursor = ", "more = { curser = "),
    ] {
        assert!(good.contains(right), "{right} is in the example");
        assert!(!fits(&good.replace(right, wrong)), "{wrong}");
    }
}

#[test]
fn the_schema_knows_every_word_that_the_browser_knows_too() {
    // serde names them all when it knows none of that name.
    fn known<T: serde::de::DeserializeOwned + std::fmt::Debug>() -> Vec<String> {
        let error = serde_json::from_str::<T>("\"none\"").expect_err("no word").to_string();
        error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
    }
    assert_eq!(known::<Ability>(), super::words(&Ability::ALL).collect::<Vec<_>>());
    assert_eq!(known::<Demand>(), super::words(&Demand::ALL).collect::<Vec<_>>());
}
