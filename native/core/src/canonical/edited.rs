//! Writes objects and arrays that validation edited: with dropped members, or with missing values filled in.

use super::writer::{WriteError, Writer};
use crate::read::{Kind, compare_bytes, flag};
use crate::validate::{DefaultMember, Missing};

impl Writer<'_> {
    /// The rest of an object, whose bracket has been written. The data model applies to dropped members too.
    #[cold]
    pub(super) fn edited_object(&mut self, at: usize, end: usize) -> Result<(), WriteError> {
        let entry = self.tape.entry(at);
        let mut defaults = match self.tape.filled(entry).map(|filled| self.validator.missing(filled.node)) {
            Some(Missing::Members(members)) => members,
            _ => &[],
        };
        let mut written = 0;
        self.each_member(at, end, |writer, key| writer.edited_member(key, &mut defaults, &mut written))?;
        for default in defaults {
            self.default_member(default, &mut written)?;
        }
        self.to.exceeds_keys |= written > self.limits.max_keys;
        self.byte(b'}')
    }

    /// The member, or the check of a dropped one, behind the missing members that come before it.
    fn edited_member(
        &mut self,
        key: usize,
        defaults: &mut &[DefaultMember],
        written: &mut usize,
    ) -> Result<(), WriteError> {
        if self.tape.entry(key).has(flag::EDITED) {
            return self.check_dropped(key + 1);
        }
        while let Some((default, rest)) = defaults.split_first() {
            let order = compare_bytes(default.name.as_bytes(), self.tape.bytes(key));
            if order.is_gt() {
                break;
            }
            *defaults = rest;
            // An equal key is present.
            if order.is_lt() {
                self.default_member(default, written)?;
            }
        }
        *written += 1;
        self.member(key, *written == 1)
    }

    fn default_member(&mut self, default: &DefaultMember, written: &mut usize) -> Result<(), WriteError> {
        self.flush()?;
        *written += 1;
        if *written > 1 {
            self.append(b",")?;
        }
        self.append(&default.text)
    }

    /// Looks for duplicate keys in a value that is not written.
    fn check_dropped(&mut self, value: usize) -> Result<(), WriteError> {
        for at in value..self.tape.index_after(value) {
            let entry = self.tape.entry(at);
            if entry.kind == Kind::Object && !entry.has(flag::SORTED) {
                let from = self.to.keys.len();
                self.sort(at, self.tape.index_after(at))?;
                self.to.keys.truncate(from);
            }
        }
        Ok(())
    }

    /// The missing items behind the array's last one.
    #[cold]
    pub(super) fn missing_items(&mut self, at: usize) -> Result<(), WriteError> {
        let entry = self.tape.entry(at);
        let Some(Missing::Items(items)) = self.tape.filled(entry).map(|filled| self.validator.missing(filled.node))
        else {
            return Ok(());
        };
        self.flush()?;
        let count = entry.count();
        for (index, item) in items.iter().skip(count).map_while(Option::as_ref).enumerate() {
            if count + index > 0 {
                self.append(b",")?;
            }
            self.append(item.as_bytes())?;
        }
        Ok(())
    }
}
