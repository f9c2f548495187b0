//! zstd: one frame with content size and checksum, by the reference library.

use zstd_safe::{CCtx, CParameter};

use crate::dictionary::Dictionary;

pub(super) use zstd_safe::compress_bound as bound;

/// A context, created on first use.
#[derive(Default)]
pub(super) struct Compressor(Option<CCtx<'static>>);

impl Compressor {
    /// A dictionary is prepared for the contract's level, which replaces the context's.
    pub(super) fn compress(
        &mut self,
        level: u8,
        dictionary: Option<&Dictionary>,
        bytes: &[u8],
        target: &mut [u8],
    ) -> Option<usize> {
        let mut context = match self.0.take() {
            Some(context) => context,
            None => {
                let mut context = CCtx::try_create()?;
                context.set_parameter(CParameter::ChecksumFlag(true)).ok()?;
                context
            }
        };
        context.set_parameter(CParameter::CompressionLevel(level.into())).ok()?;
        if let Some(dictionary) = dictionary {
            context.ref_cdict(&dictionary.0).ok()?;
        }
        let size = context.compress2(target, bytes).ok();
        // The context outlives the contract, so it is kept only without a reference to the dictionary.
        if dictionary.is_none() || context.disable_dictionary().is_ok() {
            self.0 = Some(context);
        }
        size
    }
}
