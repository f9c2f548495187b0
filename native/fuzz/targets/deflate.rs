//! Any bytes come back, by a table and without, and take no more than a stored block; the encoder remembers nothing.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use sidelane_deflate::{Container, Encoder, Table, Trainer, bound};

thread_local! {
    static STATE: RefCell<(Encoder, [Table; 2])> = RefCell::new((Encoder::new(), [true, false].map(table)));
}

fn table(ascii: bool) -> Table {
    let mut trainer = Trainer::new();
    trainer.add(br#"{"id":7,"items":[{"name":"first","price":1200},{"name":"second","price":1200}]}"#);
    Table::new(&trainer.lengths(ascii)).expect("the codes are complete")
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, input)) = bytes.split_first() else { return };
    STATE.with_borrow_mut(|(encoder, tables)| {
        let table = tables.get(usize::from(choice % 3));
        let mut target = vec![0; bound(input.len())];
        let size = encoder.compress(Container::Raw, table, input, &mut target).expect("the target has room");
        let back = miniz_oxide::inflate::decompress_to_vec(&target[..size]).expect("the output is valid");
        assert_eq!(back, input);

        let mut other = vec![0; bound(input.len())];
        let again = Encoder::new().compress(Container::Raw, table, input, &mut other).expect("the target has room");
        assert_eq!(&target[..size], &other[..again]);
    });
});
