//! Sets of positions, 64 to a word.

/// All sets of one pattern have the same length.
pub type Bits = Box<[u64]>;

pub fn none(words: usize) -> Bits {
    vec![0; words].into()
}

pub fn has(bits: &[u64], at: usize) -> bool {
    bits[at / 64] >> (at % 64) & 1 == 1
}

pub fn add(bits: &mut [u64], at: usize) {
    bits[at / 64] |= 1 << (at % 64);
}

pub fn add_all(bits: &mut [u64], more: &[u64]) {
    for (word, other) in bits.iter_mut().zip(more) {
        *word |= other;
    }
}

/// The members, ascending.
pub fn each(bits: &[u64]) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(index, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let at = (rest != 0).then(|| index * 64 + rest.trailing_zeros() as usize);
            rest &= rest.wrapping_sub(1);
            at
        })
    })
}
