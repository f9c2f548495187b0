//! SHA-256, plain or as HMAC. The feature `ring` selects the implementation.
//!
//! Twin of `src/engine/js/digest.ts`.

/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 32;

/// Shortest HMAC key of a contract, in bytes.
pub const MIN_KEY_BYTES: usize = 16;

pub use backend::{HmacKey, sha256};

/// How the canonical bytes of a contract are hashed.
#[derive(Debug)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// HMAC-SHA-256 with the processor's key.
    Hmac(HmacKey),
    /// No digest.
    None,
}

impl Digest {
    /// HMAC-SHA-256; `None` for a key of less than [`MIN_KEY_BYTES`].
    #[must_use]
    pub fn keyed(key: &[u8]) -> Option<Self> {
        (key.len() >= MIN_KEY_BYTES).then(|| Self::Hmac(HmacKey::new(key)))
    }

    /// The digest of `bytes`; `None` for [`Digest::None`].
    #[must_use]
    pub fn of(&self, bytes: &[u8]) -> Option<[u8; DIGEST_BYTES]> {
        match self {
            Self::Sha256 => Some(sha256(bytes)),
            Self::Hmac(key) => Some(key.sign(bytes)),
            Self::None => None,
        }
    }
}

/// HMAC-SHA-256 (RFC 2104) with a key of any length.
#[must_use]
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; DIGEST_BYTES] {
    HmacKey::new(key).sign(bytes)
}

/// Lower-case hex.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(feature = "ring")]
mod backend {
    use ring::{digest, hmac};

    use super::DIGEST_BYTES;

    /// SHA-256 (FIPS 180-4).
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
        array(digest::digest(&digest::SHA256, bytes).as_ref())
    }

    /// A prepared HMAC-SHA-256 key.
    #[derive(Debug)]
    pub struct HmacKey(hmac::Key);

    impl HmacKey {
        /// Takes a key of any length.
        #[must_use]
        pub fn new(key: &[u8]) -> Self {
            Self(hmac::Key::new(hmac::HMAC_SHA256, key))
        }

        /// The authentication tag of `bytes`.
        #[must_use]
        pub fn sign(&self, bytes: &[u8]) -> [u8; DIGEST_BYTES] {
            array(hmac::sign(&self.0, bytes).as_ref())
        }
    }

    fn array(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
        let mut array = [0; DIGEST_BYTES];
        array.copy_from_slice(bytes);
        array
    }
}

#[cfg(not(feature = "ring"))]
mod backend {
    use sha2::{Digest as _, Sha256};

    use super::DIGEST_BYTES;

    const BLOCK_BYTES: usize = 64;

    /// SHA-256 (FIPS 180-4).
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
        Sha256::digest(bytes).into()
    }

    /// A prepared HMAC-SHA-256 key: the hash states behind the inner and the outer pad.
    pub struct HmacKey {
        inner: Sha256,
        outer: Sha256,
    }

    impl HmacKey {
        /// Takes a key of any length.
        #[must_use]
        pub fn new(key: &[u8]) -> Self {
            let hashed = sha256(key);
            let key = if key.len() > BLOCK_BYTES { &hashed[..] } else { key };
            let padded = |pad: u8| {
                let mut block = [pad; BLOCK_BYTES];
                block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
                Sha256::new_with_prefix(block)
            };
            Self { inner: padded(0x36), outer: padded(0x5c) }
        }

        /// The authentication tag of `bytes`.
        #[must_use]
        pub fn sign(&self, bytes: &[u8]) -> [u8; DIGEST_BYTES] {
            let inner = self.inner.clone().chain_update(bytes).finalize();
            self.outer.clone().chain_update(inner).finalize().into()
        }
    }

    impl std::fmt::Debug for HmacKey {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("HmacKey(SHA256)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, hmac_sha256, sha256, to_hex};

    #[test]
    fn sha_256_matches_fips_180() {
        assert_eq!(to_hex(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn hmac_matches_rfc_4231() {
        let first = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(to_hex(&hmac_sha256(&[0x0b; 20], b"Hi There")), first);
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let sixth = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(to_hex(&hmac_sha256(&[0xaa; 131], text)), sixth);
    }

    #[test]
    fn a_contract_key_has_a_minimum_length() {
        assert!(Digest::keyed(&[0x0b; 20]).is_some_and(|digest| digest.of(b"Hi There").is_some()));
        assert!(Digest::keyed(&[0; 15]).is_none());
    }
}
