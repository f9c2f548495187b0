//! The fingerprint of a digest key: shows both sides that they hold the same key, which itself never travels.

use sidelane_core::hmac_sha256;

/// Bytes of a fingerprint; zeros mean no key.
pub const FINGERPRINT_BYTES: usize = 16;

/// The fingerprint of a key.
#[must_use]
pub fn fingerprint(key: &[u8]) -> [u8; FINGERPRINT_BYTES] {
    let tag = hmac_sha256(key, b"sidelane key fingerprint 1");
    tag.first_chunk().copied().unwrap_or_default()
}
