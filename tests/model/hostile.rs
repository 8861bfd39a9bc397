//! Random hostile input on stable Rust, through the same entry points as the coverage-guided fuzzer.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tests::hostile;

use crate::runner;

/// Pieces that mean something to some parser, so that random input gets past its first checks.
const PIECES: [&str; 46] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "1e999",
    "-0",
    "username",
    "name",
    "webhook_uri",
    "permission_ids",
    "line_secret",
    "http://",
    "https://",
    "127.0.0.1",
    "0x7f.1",
    "[::ffff:127.0.0.1]",
    "localhost",
    "@",
    "%00",
    "%2e",
    "/",
    "?",
    "#",
    ".",
    "xn--",
    "W/",
    "*",
    " ",
    "\t",
    "é",
    "\u{202e}",
    "AAAA",
    "=",
    "-_",
    "requestContext",
    "isBase64Encoded",
    "Bearer operator",
    "5e4a0680-804e-11ec-8477-2fea5968d85b",
];

fn input() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..8),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn feed(entry: fn(&[u8])) {
    runner::run(3_000, &input(), |bytes| async move { entry(&bytes) });
}

#[test]
fn no_body_breaks_its_parser() {
    feed(hostile::body);
}

#[test]
fn every_accepted_page_token_encodes_to_the_same_text() {
    feed(hostile::page_token);
}

#[test]
fn every_accepted_webhook_uri_names_a_public_host() {
    feed(hostile::webhook_uri);
}

#[test]
fn no_if_match_header_breaks_its_parser() {
    feed(hostile::if_match);
}

#[test]
fn no_idempotency_key_breaks_its_parser() {
    feed(hostile::idempotency_key);
}

/// A real event with some of its bytes replaced.
fn event() -> impl Strategy<Value = Vec<u8>> {
    let text = tests::read("events/update-customer.json");
    (vec((any::<prop::sample::Index>(), input()), 0..4), any::<bool>()).prop_map(move |(changes, base64)| {
        let mut bytes = text
            .replace(
                "\"isBase64Encoded\": false",
                &format!("\"isBase64Encoded\": {base64}"),
            )
            .into_bytes();
        for (index, piece) in changes {
            let at = index.index(bytes.len());
            let end = (at + piece.len()).min(bytes.len());
            bytes.splice(at..end, piece);
        }
        bytes
    })
}

#[test]
fn no_event_crashes_a_function_or_causes_a_5xx() {
    // In a thread of its own, because the entry point starts a runtime and the test already runs in one.
    let in_a_thread = |bytes: Vec<u8>| {
        std::thread::spawn(move || hostile::event(&bytes))
            .join()
            .expect("the event broke a promise");
    };
    runner::run(1_500, &event(), |bytes| async move { in_a_thread(bytes) });
}
