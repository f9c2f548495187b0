//! The digest of the canonical bytes: SHA-256, plain or keyed. Which one is the contract's business.
//!
//! Twin of `src/engine/js/digest.ts`.

use ring::{digest, hmac};

/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 32;

/// Shortest key of an HMAC, in bytes.
pub const MIN_KEY_BYTES: usize = 16;

/// How the digest is made.
#[derive(Debug)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// HMAC-SHA-256 with the processor's key.
    Hmac(hmac::Key),
    /// None is made.
    None,
}

impl Digest {
    /// HMAC-SHA-256; `None` for a key of less than 16 bytes.
    #[must_use]
    pub fn keyed(key: &[u8]) -> Option<Self> {
        (key.len() >= MIN_KEY_BYTES).then(|| Self::Hmac(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// Writes the digest of `bytes`; false when none is made.
    pub fn write(&self, bytes: &[u8], target: &mut [u8; DIGEST_BYTES]) -> bool {
        match self {
            Self::Sha256 => target.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref()),
            Self::Hmac(key) => target.copy_from_slice(hmac::sign(key, bytes).as_ref()),
            Self::None => return false,
        }
        true
    }
}

/// Lower-case hex of the SHA-256.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{DIGEST_BYTES, Digest, sha256_hex};

    #[test]
    fn sha_256_is_that_of_fips_180() {
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn the_keyed_digest_is_that_of_rfc_4231() {
        let mut target = [0; DIGEST_BYTES];
        assert!(Digest::keyed(&[0x0b; 20]).is_some_and(|digest| digest.write(b"Hi There", &mut target)));
        assert_eq!(target[..4], [0xb0, 0x34, 0x4c, 0x61]);
        assert!(Digest::keyed(&[0; 15]).is_none());
    }
}
