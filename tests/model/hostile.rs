//! Hostile input on stable Rust, through the entry points that the fuzzer uses with coverage.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tests::hostile;

use crate::runner;

/// Pieces that mean something to some reader, so that random input gets past the first look.
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
fn no_body_breaks_its_reader() {
    feed(hostile::body);
}

#[test]
fn no_page_token_breaks_its_reader() {
    feed(hostile::page_token);
}

#[test]
fn no_webhook_uri_gets_past_its_reader() {
    feed(hostile::webhook_uri);
}

#[test]
fn no_if_match_breaks_its_reader() {
    feed(hostile::if_match);
}

#[test]
fn no_idempotency_key_breaks_its_reader() {
    feed(hostile::idempotency_key);
}

/// A real event with pieces of it replaced.
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
fn no_event_ends_a_function_or_makes_it_fail() {
    let runtime_free = |bytes: Vec<u8>| {
        std::thread::spawn(move || hostile::event(&bytes))
            .join()
            .expect("the event broke something");
    };
    runner::run(1_500, &event(), |bytes| async move { runtime_free(bytes) });
}
