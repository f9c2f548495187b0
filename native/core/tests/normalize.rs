//! The operations of `x-norm` on single strings.

use sidelane_core::stages::{LOCK_LIMITS, NormBuffers, NormOp, NormOps, Tape, flag, normalize, read};

const ALL: [NormOp; 4] = [NormOp::Lower, NormOp::Nfc, NormOp::Collapse, NormOp::Trim];

fn normalized(text: &str, ops: &[NormOp]) -> String {
    let document = format!("[\"{text}\"]");
    let mut tape = Tape::default().bind(&document);
    assert_eq!(read(&mut tape, &LOCK_LIMITS), Ok(()));
    normalize(&mut tape, &mut NormBuffers::default(), 1, ops.iter().fold(NormOps::NONE, |set, op| set.with(*op)));
    tape.text(1).to_owned()
}

#[test]
fn the_order_is_fixed_and_the_result_is_stable() {
    let once = normalized("  J\u{30c}  \u{a0}A\u{30a} ", &ALL);
    assert_eq!(once, "\u{1f0} å");
    assert_eq!(normalized(&once, &ALL), once);
}

#[test]
fn lower_maps_single_code_points() {
    assert_eq!(normalized("ΑΣ İ Ab", &[NormOp::Lower]), "ασ i\u{307} ab");
    // Assigned after 15.0: U+A7CB, whose lower case U+0264 is older; and U+16EA0.
    assert_eq!(normalized("\u{a7cb}\u{16ea0}\u{10d50}", &[NormOp::Lower]), "\u{a7cb}\u{16ea0}\u{10d50}");
}

#[test]
fn upper_maps_single_code_points() {
    assert_eq!(normalized("straße ŉ ab", &[NormOp::Upper]), "STRASSE ʼN AB");
    // Assigned after 15.0: U+A7CB and U+A7DC, the upper cases of the older U+0264 and U+019B.
    assert_eq!(normalized("\u{264}\u{19b}\u{1ca}é", &[NormOp::Upper]), "\u{264}\u{19b}\u{1ca}É");
}

#[test]
fn nfc_follows_unicode_15_0() {
    assert_eq!(normalized("e\u{301}\u{212b}", &[NormOp::Nfc]), "éå".replace('å', "Å"));
    for text in ["\u{105d2}\u{307}", "\u{11382}\u{113c9}", "a\u{302}\u{113c9}"] {
        let expected = text.replace("a\u{302}", "â");
        assert_eq!(normalized(text, &[NormOp::Nfc]), expected);
    }
}

#[test]
fn white_space_is_the_list_of_25() {
    let all = "\\t\u{b}\\r\\n\u{c} \u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";
    let all = all.replace('\u{b}', "\\u000b").replace('\u{c}', "\\f");
    assert_eq!(normalized(&format!("{all}a{all}b{all}"), &[NormOp::Collapse]), " a b ");
    assert_eq!(normalized(&format!("{all}a  b{all}"), &[NormOp::Trim]), "a  b");
    assert_eq!(normalized("\u{85}\u{180e}", &[NormOp::Trim, NormOp::Collapse]), "\u{85}\u{180e}");
    assert_eq!(normalized("  ", &[NormOp::Trim]), "");
    assert_eq!(normalized("  ", &[NormOp::Collapse]), " ");
}

#[test]
fn a_normalized_text_stays_in_the_document() {
    let ops = ALL.into_iter().fold(NormOps::NONE, NormOps::with);
    for text in ["plain text", "größe é 漢字", "ᾳ", ""] {
        let document = format!("[\"{text}\"]");
        let mut tape = Tape::default().bind(&document);
        assert_eq!(read(&mut tape, &LOCK_LIMITS), Ok(()));
        normalize(&mut tape, &mut NormBuffers::default(), 1, ops);
        assert!(!tape.entry(1).has(flag::ARENA), "{text}");
    }
}
