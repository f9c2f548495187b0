//! Any bytes come back, by a table and without, and take no more than a stored block; the encoder remembers nothing.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use sidelane_deflate::{Container, Encoder, Lengths, Table, bound};

thread_local! {
    static ENCODER: RefCell<Encoder> = RefCell::new(Encoder::new());
}

/// A complete code of any shape: from one leaf, a leaf that the bytes choose is split until there is one for each symbol.
fn code(bytes: &mut impl Iterator<Item = u8>, symbols: usize, limit: u8) -> String {
    let mut lengths = vec![0_u8];
    while lengths.len() < symbols {
        let start = usize::from(bytes.next().unwrap_or(0)) * lengths.len() / 256;
        let splittable = (start..lengths.len()).chain(0..start).find(|&leaf| lengths[leaf] < limit);
        let leaf = splittable.expect("2^limit is above the number of symbols");
        lengths[leaf] += 1;
        lengths.insert(leaf, lengths[leaf]);
    }
    lengths.iter().map(|length| char::from_digit(u32::from(*length), 16).expect("at most 15 bits")).collect()
}

/// A table as a lock may have it, in which each symbol has a code.
fn table(bytes: &mut impl Iterator<Item = u8>, ascii: bool) -> Table {
    let literals = if ascii { 0x60 } else { 0xd5 };
    let digits = code(bytes, literals + 30, 14);
    let (literals, lengths) = digits.split_at(literals);
    let lengths = Lengths::from_digits(literals, lengths, &code(bytes, 30, 15)).expect("digits");
    Table::new(&lengths).expect("the codes are complete")
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&[choice, size], rest)) = bytes.split_first_chunk() else { return };
    let (shape, input) = rest.split_at(rest.len().min(usize::from(size)));
    let table = (choice % 3 != 0).then(|| table(&mut shape.iter().copied(), choice % 3 == 1));
    ENCODER.with_borrow_mut(|encoder| {
        let mut target = vec![0; bound(input.len())];
        let size =
            encoder.compress(Container::Raw, table.as_ref(), input, &mut target).expect("the target has room");
        assert!(size <= input.len() + input.len() / 100 + 32);
        let back = miniz_oxide::inflate::decompress_to_vec(&target[..size]).expect("the output is valid");
        assert_eq!(back, input);

        let mut other = vec![0; bound(input.len())];
        let again = Encoder::new().compress(Container::Raw, table.as_ref(), input, &mut other);
        assert_eq!(again, Some(size));
        assert_eq!(&target[..size], &other[..size]);
    });
});
