//! The fingerprint of a digest key: lets both sides see that they hold the same one. The key itself never travels.

use ring::hmac;

/// Bytes of a fingerprint; zeros stand for no key.
pub const FINGERPRINT_BYTES: usize = 16;

/// The key's fingerprint.
#[must_use]
pub fn fingerprint(key: &[u8]) -> [u8; FINGERPRINT_BYTES] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"sidelane key fingerprint 1");
    tag.as_ref().first_chunk().copied().unwrap_or_default()
}
