//! Opaque, URL-safe text for positions in lists: base64url of some bytes and a checksum. The checksum detects a token that was
//! cut or changed. It is not a signature, because a position reveals and allows nothing that its holder could not get anyway.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const CHECK_LENGTH: usize = 6;

/// The token that holds `body`.
pub(crate) fn seal(mut body: Vec<u8>) -> String {
    let check = checksum(&body);
    body.extend(check);
    URL_SAFE_NO_PAD.encode(body)
}

/// The `N` bytes in a token; `None` for any text that is no token of that length.
pub(crate) fn open<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (body, check) = bytes.split_at_checked(N)?;
    let body: [u8; N] = body.try_into().ok()?;
    (check == checksum(&body)).then_some(body)
}

fn checksum(body: &[u8]) -> [u8; CHECK_LENGTH] {
    let mut check = [0; CHECK_LENGTH];
    for (to, from) in check.iter_mut().zip(Sha256::digest(body)) {
        *to = from;
    }
    check
}
