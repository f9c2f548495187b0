//! SHA-256, plain or as HMAC. The feature `ring` selects the implementation.
//!
//! Twin of `src/engine/js/digest.ts`.

/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 32;

/// Shortest HMAC key of a contract, in bytes.
pub const MIN_KEY_BYTES: usize = 16;

pub use backend::{HmacKey, sha256};

use crate::budget::Budget;

/// Bytes that are hashed between two checks of the budget.
const PIECE_BYTES: usize = 64 << 10;

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
    pub fn keyed(key: &[u8]) -> Option<Self> {
        (key.len() >= MIN_KEY_BYTES).then(|| Self::Hmac(HmacKey::new(key)))
    }

    /// The digest of `bytes`; `None` for [`Digest::None`]. Without meaning when the budget is over.
    pub fn of(&self, bytes: &[u8], budget: &Budget<'_>) -> Option<[u8; DIGEST_BYTES]> {
        let pieces = || bytes.chunks(PIECE_BYTES).take_while(|piece| budget.spend_len(piece.len()));
        match self {
            Self::Sha256 if bytes.len() > PIECE_BYTES => Some(backend::sha256_of_pieces(pieces())),
            Self::Hmac(key) if bytes.len() > PIECE_BYTES => Some(key.sign_pieces(pieces())),
            Self::Sha256 => Some(sha256(bytes)),
            Self::Hmac(key) => Some(key.sign(bytes)),
            Self::None => None,
        }
    }
}

/// HMAC-SHA-256 (RFC 2104) with a key of any length.
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; DIGEST_BYTES] {
    HmacKey::new(key).sign(bytes)
}

/// Lower-case hex.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(feature = "ring")]
mod backend {
    use ring::{digest, hmac};

    use super::DIGEST_BYTES;

    /// SHA-256 (FIPS 180-4).
    pub fn sha256(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
        array(digest::digest(&digest::SHA256, bytes).as_ref())
    }

    /// As [`sha256`], of pieces.
    pub fn sha256_of_pieces<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> [u8; DIGEST_BYTES] {
        let mut context = digest::Context::new(&digest::SHA256);
        pieces.for_each(|piece| context.update(piece));
        array(context.finish().as_ref())
    }

    /// A prepared HMAC-SHA-256 key.
    #[derive(Debug)]
    pub struct HmacKey(hmac::Key);

    impl HmacKey {
        /// Takes a key of any length.
        pub fn new(key: &[u8]) -> Self {
            Self(hmac::Key::new(hmac::HMAC_SHA256, key))
        }

        /// The authentication tag of `bytes`.
        pub fn sign(&self, bytes: &[u8]) -> [u8; DIGEST_BYTES] {
            array(hmac::sign(&self.0, bytes).as_ref())
        }

        /// As [`sign`](Self::sign), of pieces.
        pub fn sign_pieces<'p>(&self, pieces: impl Iterator<Item = &'p [u8]>) -> [u8; DIGEST_BYTES] {
            let mut context = hmac::Context::with_key(&self.0);
            pieces.for_each(|piece| context.update(piece));
            array(context.sign().as_ref())
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
    pub fn sha256(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
        Sha256::digest(bytes).into()
    }

    /// As [`sha256`], of pieces.
    pub fn sha256_of_pieces<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> [u8; DIGEST_BYTES] {
        pieces.fold(Sha256::new(), |hash, piece| hash.chain_update(piece)).finalize().into()
    }

    /// A prepared HMAC-SHA-256 key: the hash states behind the inner and the outer pad.
    pub struct HmacKey {
        inner: Sha256,
        outer: Sha256,
    }

    impl HmacKey {
        /// Takes a key of any length.
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
        pub fn sign(&self, bytes: &[u8]) -> [u8; DIGEST_BYTES] {
            self.sign_pieces(std::iter::once(bytes))
        }

        /// As [`sign`](Self::sign), of pieces.
        pub fn sign_pieces<'p>(&self, pieces: impl Iterator<Item = &'p [u8]>) -> [u8; DIGEST_BYTES] {
            let inner = pieces.fold(self.inner.clone(), |hash, piece| hash.chain_update(piece)).finalize();
            self.outer.clone().chain_update(inner).finalize().into()
        }
    }

    impl std::fmt::Debug for HmacKey {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("HmacKey(SHA256)")
        }
    }
}
