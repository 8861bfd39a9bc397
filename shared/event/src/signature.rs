use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use customer::SigningSecret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The `webhook-signature` of a message (Standard Webhooks 1.0): for each secret, the HMAC-SHA256 of
/// `id.timestamp.body`, with a space between them. `timestamp` is in seconds since 1970.
pub fn signature<'a>(
    secrets: impl IntoIterator<Item = &'a SigningSecret>,
    id: &str,
    timestamp: i64,
    body: &str,
) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let signatures: Vec<_> = secrets
        .into_iter()
        .filter_map(|secret| sign(secret, signed.as_bytes()))
        .collect();
    signatures.join(" ")
}

fn sign(secret: &SigningSecret, signed: &[u8]) -> Option<String> {
    // HMAC accepts keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.key()).ok()?;
    mac.update(signed);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_an_independent_implementation() {
        // python3: hmac.new(bytes(range(32)), b'msg_1.1674087231.{"a":1}', 'sha256')
        let key: Vec<u8> = (0..32).collect();
        let secret = SigningSecret::parse(&format!("whsec_{}", STANDARD.encode(key))).unwrap();
        let once = "v1,fnNKWKn9YJSx7T/Ahsk/W5BQTp6PJzQosUoaMQK6sCQ=";
        assert_eq!(signature([&secret], "msg_1", 1_674_087_231, r#"{"a":1}"#), once);
        let twice = signature([&secret, &secret], "msg_1", 1_674_087_231, r#"{"a":1}"#);
        assert_eq!(twice, format!("{once} {once}"));
    }
}
