//! The hashes against the test vectors of their standards.

use sidelane_core::hmac_sha256;
use sidelane_core::stages::{Budget, Digest, sha256, to_hex};

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
    assert!(Digest::keyed(&[0x0b; 20]).is_some_and(|digest| digest.of(b"Hi There", &Budget::default()).is_some()));
    assert!(Digest::keyed(&[0; 15]).is_none());
}
