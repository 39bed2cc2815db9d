//! Each reader against its whole corpus, `fuzz/corpus/<target>`, and against what comes of it by cutting, joining and
//! altering. The same inputs every time: chance is for `make soak`, and what it finds becomes a file of the corpus.

use std::{panic::catch_unwind, path::Path};

use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};

const CASES: u32 = 1_000;
/// A corpus is no corpus with less.
const KINDS: usize = 20;

/// What is done to an input, in this order.
#[derive(Clone, Debug)]
enum Edit {
    Put(u16, Vec<u8>),
    Cut(u16, u8),
    Flip(u16, u8),
    /// Length bytes of the other one, from there to here.
    Take(u16, u16, u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    proptest::prop_oneof![
        (any::<u16>(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Edit::Put(at, bytes)),
        (any::<u16>(), 1..40_u8).prop_map(|(at, length)| Edit::Cut(at, length)),
        (any::<u16>(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        (any::<u16>(), any::<u16>(), 1..60_u8).prop_map(|(from, to, length)| Edit::Take(from, to, length)),
    ]
}

fn edited(mut bytes: Vec<u8>, other: &[u8], edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let place = |at: u16| usize::from(at) % (bytes.len() + 1);
        match *edit {
            Edit::Put(at, ref new) => drop(bytes.splice(place(at)..place(at), new.iter().copied())),
            Edit::Cut(at, length) => {
                let end = (place(at) + usize::from(length)).min(bytes.len());
                bytes.drain(place(at)..end);
            }
            Edit::Flip(at, bit) => {
                let at = place(at);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
            }
            Edit::Take(from, to, length) => {
                let from = usize::from(from) % (other.len() + 1);
                let part = &other[from..(from + usize::from(length)).min(other.len())];
                bytes.splice(place(to)..place(to), part.iter().copied());
            }
        }
    }
    bytes
}

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(folder).expect("every target has a corpus").map(|file| file.expect("a file").path());
    let named = |path: &Path| path.display().to_string();
    let mut all: Vec<_> = files.map(|path| (named(&path), std::fs::read(&path).expect("it can be read"))).collect();
    all.sort();
    all
}

fn holds(target: &str, property: fn(&[u8])) {
    let check = |bytes: &[u8]| catch_unwind(|| property(bytes)).is_ok();
    let corpus = corpus(target);
    assert!(corpus.len() >= KINDS, "{target} has {} files", corpus.len());
    for (file, bytes) in &corpus {
        assert!(check(bytes), "{file}");
    }
    let config = Config { cases: CASES, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let mut runner = TestRunner::new(config);
    let inputs = (0..corpus.len(), 0..corpus.len(), vec(edit(), 1..6))
        .prop_map(|(one, other, edits)| edited(corpus[one].1.clone(), &corpus[other].1, &edits));
    let any_bytes = vec(any::<u8>(), 0..600);
    let all = proptest::prop_oneof![4 => inputs, 1 => any_bytes];
    let found = runner.run(&all, |bytes| {
        if check(&bytes) { Ok(()) } else { Err(TestCaseError::fail(bytes.escape_ascii().to_string())) }
    });
    if let Err(error) = found {
        panic!("{target}: {error}");
    }
}

#[test]
fn a_callback_is_whole_or_refused() {
    holds("callback_query", super::callback_query);
}

#[test]
fn a_token_comes_out_of_a_token_answer_only() {
    holds("token_answer", super::token_answer);
}

#[test]
fn a_permission_dies_of_a_definite_refusal_only() {
    holds("refusal", super::refusal);
}

#[test]
fn a_sealed_value_opens_whole_in_its_place_or_not_at_all() {
    holds("sealed_value", super::sealed_value);
}

#[test]
fn a_definition_is_usable_or_its_error_names_the_place() {
    holds("network_definition", super::network_definition);
}

#[test]
fn a_reader_goes_on_without_a_gap_or_takes_a_new_board() {
    holds("last_event_id", super::last_event_id);
}
