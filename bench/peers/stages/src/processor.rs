//! What the processor offers to the stages.

use serde_json::{Value, json};

/// The features that change a result, and the implementation of SHA-256 that answers.
pub fn line() -> Value {
    json!({ "features": features(), "sha": sha() })
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let all = [
        ("sha_ni", is_x86_feature_detected!("sha")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("bmi2", is_x86_feature_detected!("bmi2")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("pclmulqdq", is_x86_feature_detected!("pclmulqdq")),
    ];
    all.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

#[cfg(target_arch = "x86_64")]
fn sha() -> &'static str {
    if is_x86_feature_detected!("sha") && is_x86_feature_detected!("ssse3") {
        "ring, SHA-NI"
    } else {
        "ring, without SHA-NI (AVX or SSSE3)"
    }
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    let all = [
        ("sha2", std::arch::is_aarch64_feature_detected!("sha2")),
        ("crc", std::arch::is_aarch64_feature_detected!("crc")),
    ];
    all.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

#[cfg(target_arch = "aarch64")]
fn sha() -> &'static str {
    if std::arch::is_aarch64_feature_detected!("sha2") { "ring, ARMv8 SHA-2" } else { "ring, NEON" }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn sha() -> &'static str {
    "ring"
}
